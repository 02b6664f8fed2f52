"""Checks a description in OpenAPI 3.1: the document by OpenAPI's own schema, and each example by the schema beside it.

Usage: check_openapi.py openapi.json. Prints how many examples there were.
"""

import csv
import io
import json
import sys

from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import validate
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

NAME = "urn:description"


def resolved(document, thing, pointer):
    """The thing itself and where it stands, where only its place among the components is given."""
    if "$ref" not in thing:
        return thing, pointer
    pointer = thing["$ref"].removeprefix("#")
    for part in pointer.strip("/").split("/"):
        document = document[part]
    return document, pointer


def examples(document):
    """Each example with the pointer of its schema."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            place = f"/paths/{path.replace('/', '~1')}/{method}"
            for i, parameter in enumerate(operation["parameters"]):
                # Only an answer can tell where a page ended.
                if parameter["name"] != "after":
                    yield parameter["example"], f"{place}/parameters/{i}/schema"
            for status, response in operation["responses"].items():
                response, here = resolved(document, response, f"{place}/responses/{status}")
                for name, header in response.get("headers", {}).items():
                    header, there = resolved(document, header, f"{here}/headers/{name}")
                    yield header["example"], f"{there}/schema"
                for media_type, content in response.get("content", {}).items():
                    # The description is no example of itself, and a workbook is no text.
                    is_workbook = media_type.endswith(".sheet")
                    if "example" in content or (path != "/openapi.json" and not is_workbook):
                        schema = f"{here}/content/{media_type.replace('/', '~1')}/schema"
                        yield content["example"], schema
                        if media_type == "text/csv":
                            check_csv(document, content["example"], response["content"]["application/json"])


def check_csv(document, text, as_json):
    """A list's CSV has the columns of its objects, in order, and the rows of the JSON example."""
    if as_json["schema"].get("type") != "array":
        return
    row, _ = resolved(document, as_json["schema"]["items"], "")
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    assert header == list(row["properties"]), header
    assert len(rows) == len(as_json["example"]), rows


def main(path):
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    validate(document)
    registry = Registry().with_resource(NAME, Resource(contents=document, specification=DRAFT202012))
    formats = FormatChecker()
    assert {"date", "date-time"} <= set(formats.checkers), "the formats of dates and times are not checked"
    count = 0
    for example, schema in examples(document):
        validator = Draft202012Validator({"$ref": f"{NAME}#{schema}"}, registry=registry, format_checker=formats)
        for error in validator.iter_errors(example):
            sys.exit(f"{schema}: {error.message}")
        count += 1
    print(count, "examples")


if __name__ == "__main__":
    main(*sys.argv[1:])
