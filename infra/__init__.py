"""What runs on AWS, described with the AWS CDK. docs/decisions/49-aws-cdk.md says how it is laid out."""

import os

from tools.build.node import node

# The CDK runs in Node.js. Where the machine has none, take that of the Python packages.
os.environ.setdefault("JSII_NODE", node())
for _warning in ("DEPRECATED", "END_OF_LIFE"):
    os.environ.setdefault(f"JSII_SILENCE_WARNING_{_warning}_NODE_VERSION", "true")
