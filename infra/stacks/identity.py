"""The user pool: hosted sign-in for people, client credentials for partners."""

from __future__ import annotations

from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from infra.environments import Environment


class IdentityStack(Stack):
    """`user_pool`, and `clients`: name → app client."""

    def __init__(self, scope: Construct, id: str, environment: Environment, **options: Any) -> None:
        super().__init__(scope, id, **options)
        self.user_pool = cognito.UserPool(self, "Users", user_pool_name=environment.prefix)
        self.clients: dict[str, cognito.UserPoolClient] = {
            "pages": self.user_pool.add_client("Pages", prevent_user_existence_errors=True)
        }
