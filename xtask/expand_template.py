"""Writes the CloudFormation that AWS will make of template.yaml, so that cfn-lint sees every resource of it.

Usage: expand_template.py template.yaml expanded.json
"""

import json
import os
import sys

from cfnlint.decode import cfn_yaml
from samtranslator.public.exceptions import InvalidDocumentException
from samtranslator.public.translator import ManagedPolicyLoader
from samtranslator.translator.transform import transform


class ManagedPolicies(ManagedPolicyLoader):
    """The AWS policies that functions get from SAM itself, without asking AWS for the list."""

    def __init__(self):
        pass

    def load(self):
        names = ["AWSLambdaBasicExecutionRole", "AWSLambdaVPCAccessExecutionRole"]
        return {name: f"arn:aws:iam::aws:policy/service-role/{name}" for name in names}


def main(template_path, expanded_path):
    template = json.loads(json.dumps(cfn_yaml.load(template_path)))
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            # The code is a local folder until `sam deploy` has uploaded it.
            resource["Properties"]["CodeUri"] = "s3://bucket/key"
    # The translator asks for a region, for the partition of ARNs. It calls nothing in it.
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-2")
    try:
        expanded = transform(template, {}, ManagedPolicies())
    except InvalidDocumentException as error:
        causes = "\n".join(cause.message for cause in error.causes)
        sys.exit(f"{template_path}: {error.message}\n{causes}")
    with open(expanded_path, "w", encoding="utf-8") as out:
        json.dump(expanded, out, indent=2)


if __name__ == "__main__":
    main(*sys.argv[1:])
