"""What schemathesis cannot know of this API: what CSV is, and which valid parameters may be refused together."""

import csv
import io
import zipfile

import schemathesis

# By parameter, what a refusal of valid input says.
MAY_BE_REFUSED = {
    "after": "is not where a page of this list ended",
    "before": "cannot be combined with to",
    "days": "cannot be combined with from, to and before",
    "from": "is after",
    "reconcile": "cannot be asked for together with `full`",
}


@schemathesis.hook
def map_query(context, query):
    """Random input is to get past the refusals that no schema says; what the schemas' bounds make of these parameters is asked all the same."""
    if query:
        query.pop("after", None)
        if query.get("full") and query.get("reconcile"):
            query.pop("reconcile")
        if "to" in query:
            query.pop("before", None)
        if any(name in query for name in ("from", "to", "before")):
            query.pop("days", None)
        for last in ("to", "before"):
            if "from" in query and last in query and str(query["from"]) > str(query[last]):
                query["from"], query[last] = query[last], query["from"]
    return query


@schemathesis.deserializer("text/csv")
def text_of_csv(context, response):
    return response.content.decode("utf-8")


@schemathesis.deserializer("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
def parts_of_workbook(context, response):
    return zipfile.ZipFile(io.BytesIO(response.content)).namelist()


@schemathesis.check
def valid_input_is_refused_only_for_what_no_schema_says(context, response, case):
    if response.status_code == 422 and case.meta.generation.mode.is_positive:
        problem = response.json()
        reason = MAY_BE_REFUSED.get(problem.get("parameter"))
        assert reason and reason in problem["detail"], f"valid input was refused: {problem['detail']}"


@schemathesis.check
def csv_has_the_columns_of_the_rows(context, response, case):
    if response.headers.get("content-type", [""])[0].startswith("text/csv"):
        text = response.content.decode("utf-8")
        assert text.endswith("\r\n"), "the last line has no end"
        header, *rows = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
        assert all(len(row) == len(header) for row in rows), "rows are longer or shorter than the header"
        schema = case.operation.definition.raw["responses"]["200"]["content"]["application/json"]["schema"]
        if schema.get("type") == "array":
            name = schema["items"]["$ref"].rsplit("/", 1)[1]
            columns = list(case.operation.schema.raw_schema["components"]["schemas"][name]["properties"])
            assert header == columns, f"the header is {header}, not {columns}"


@schemathesis.check
def a_refusal_is_a_problem_that_tells_nothing_of_the_inside(context, response, case):
    if response.status_code >= 400:
        assert response.headers["content-type"] == ["application/problem+json"], response.headers.get("content-type")
        problem = response.json()
        assert problem["status"] == response.status_code, problem
        for secret in ["panicked", ".rs", "parquet", "factory=", "Error("]:
            assert secret not in problem["detail"].replace(str(case.query or ""), ""), problem


@schemathesis.check
class EveryOperationAnswered:
    """A run in which everything was refused would prove little."""

    def __init__(self):
        self.asked, self.answered = set(), set()

    def after_response(self, context, response, case):
        self.asked.add(case.operation.label)
        if 200 <= response.status_code < 300:
            self.answered.add(case.operation.label)

    def after_run(self, *_):
        assert not self.asked - self.answered, f"never answered: {self.asked - self.answered}"
