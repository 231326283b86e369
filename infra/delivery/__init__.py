"""What the workflow runs beside the CDK."""
