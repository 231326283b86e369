"""The user pool: hosted sign-in for people, a second factor for staff, client credentials for partners.

The application reads the pool's access tokens (`app/adapters/identity`); groups and scopes come from its own lists.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aws_cdk import Duration, RemovalPolicy, SecretValue, Stack
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as aws_lambda
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from app.users.service import SCOPES, SESSION_DAYS
from infra.environments import Environment
from infra.exceptions import acknowledge
from infra.identity import token_claims
from infra.retention import log_retention
from infra.sign_in_addresses import callback_addresses, sign_out_addresses

# The later group wins where Cognito names one group alone: the smaller precedence.
GROUPS = ("manager", "supervisor", "staff", "customer")
PASSWORD_LETTERS = 12  # Cognito knows no list of common passwords, so they are longer than our own (8)
RESOURCE_SERVER = "bilheteria"
# A token stays good until it ends, also after a sign-out: so it is short. The worker renews it as long as a session may
# last, unless the person was blocked or signed out.
TOKEN_MINUTES, REFRESH_DAYS, PARTNER_TOKEN_MINUTES = 15, SESSION_DAYS, 60

_REASONS = {
    "COG1": "Length alone, as NIST SP 800-63B (5.1.1.2) has it: rules of composition give weaker passwords.",
    "COG2": "Customers may choose. Groups of staff are in a token only with a second factor (token_claims.py).",
    "COG3": "Threat protection belongs to the plan Plus, which development does not pay for.",
    "COG8": "The plan Plus is for production.",
}


class IdentityStack(Stack):
    """`user_pool`; `clients`: those with which people sign in; `partner_client`: the first partner's.

    `client_secret`: where the secret of the pages' client is.
    """

    def __init__(self, scope: Construct, id: str, environment: Environment, **options: Any) -> None:
        super().__init__(scope, id, **options)
        self._environment = environment
        self.user_pool = self._pool()
        acknowledge(self.user_pool, _REASONS)
        self._let_trigger_read_people(self._add_trigger())
        self.user_pool.add_domain(
            "SignIn",
            cognito_domain=cognito.CognitoDomainOptions(domain_prefix=environment.prefix),
            managed_login_version=cognito.ManagedLoginVersion.NEWER_MANAGED_LOGIN,
        )
        for precedence, name in enumerate(GROUPS):
            self.user_pool.add_group(f"Group{name.title()}", group_name=name, precedence=precedence)
        self.clients = {"pages": self._pages_client()}
        self.client_secret = self._client_secret()
        self.partner_client = self._partner_client()
        cognito.CfnManagedLoginBranding(
            self,
            "SignInPages",
            user_pool_id=self.user_pool.user_pool_id,
            client_id=self.clients["pages"].user_pool_client_id,
            use_cognito_provided_values=True,
        )

    def _pool(self) -> cognito.UserPool:
        environment = self._environment
        return cognito.UserPool(
            self,
            "Users",
            user_pool_name=environment.prefix,
            self_sign_up_enabled=True,
            sign_in_aliases=cognito.SignInAliases(email=True),
            sign_in_case_sensitive=False,
            auto_verify=cognito.AutoVerifiedAttrs(email=True),
            keep_original=cognito.KeepOriginalAttrs(email=True),
            standard_attributes=cognito.StandardAttributes(
                email=cognito.StandardAttribute(required=True, mutable=True),
                fullname=cognito.StandardAttribute(required=False, mutable=True),
            ),
            password_policy=_password_policy(),
            # Optional for customers. For staff the trigger makes it a condition of their groups.
            mfa=cognito.Mfa.OPTIONAL,
            mfa_second_factor=cognito.MfaSecondFactor(sms=False, otp=True, email=True),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            email=cognito.UserPoolEmail.with_ses(
                from_email=f"entrada@{environment.domain}",
                from_name="Bilheteria",
                ses_region=environment.region,
                ses_verified_domain=environment.domain,
            ),
            # Stolen passwords and unusual sign-ins are refused or asked for a second factor: a part of the plan Plus.
            feature_plan=cognito.FeaturePlan.PLUS
            if environment.is_production
            else cognito.FeaturePlan.ESSENTIALS,
            standard_threat_protection_mode=(
                cognito.StandardThreatProtectionMode.FULL_FUNCTION if environment.is_production else None
            ),
            deletion_protection=environment.is_production,
            removal_policy=RemovalPolicy.RETAIN if environment.is_production else RemovalPolicy.DESTROY,
        )

    def _add_trigger(self) -> aws_lambda.Function:
        """The function that completes access tokens. Its role may write its own log alone, until the next step."""
        log = logs.LogGroup(
            self,
            "TokenClaimsLog",
            retention=log_retention(self._environment),
            removal_policy=RemovalPolicy.DESTROY,
        )
        role = iam.Role(self, "TokenClaimsRole", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        log.grant_write(role)
        function = aws_lambda.Function(
            self,
            "TokenClaims",
            description="Adds the verified e-mail to access tokens; takes groups of staff without a second factor",
            runtime=aws_lambda.Runtime.PYTHON_3_14,
            architecture=aws_lambda.Architecture.ARM_64,
            handler="index.handler",
            code=aws_lambda.Code.from_inline(Path(token_claims.__file__).read_text()),
            role=role,
            log_group=log,
            timeout=Duration.seconds(5),  # Cognito waits no longer
            memory_size=256,
        )
        self.user_pool.add_trigger(
            cognito.UserPoolOperation.PRE_TOKEN_GENERATION_CONFIG, function, cognito.LambdaVersion.V2_0
        )
        return function

    def _let_trigger_read_people(self, function: aws_lambda.Function) -> None:
        """A policy of its own: as a part of the role it would make the pool wait for itself."""
        assert function.role is not None
        iam.Policy(
            self,
            "ReadPeople",
            roles=[function.role],
            statements=[
                iam.PolicyStatement(
                    actions=["cognito-idp:AdminGetUser"], resources=[self.user_pool.user_pool_arn]
                )
            ],
        )

    def _pages_client(self) -> cognito.UserPoolClient:
        """People sign in with the pages' client by the code flow with PKCE. It runs on a server, so it has a secret."""
        domain = self._environment.domain
        return self.user_pool.add_client(
            "Pages",
            user_pool_client_name="pages",
            generate_secret=True,
            auth_flows=cognito.AuthFlow(),
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            supported_identity_providers=[cognito.UserPoolClientIdentityProvider.COGNITO],
            o_auth=cognito.OAuthSettings(
                flows=cognito.OAuthFlows(authorization_code_grant=True),
                scopes=[cognito.OAuthScope.OPENID, cognito.OAuthScope.EMAIL, cognito.OAuthScope.PROFILE],
                callback_urls=callback_addresses(domain),
                logout_urls=sign_out_addresses(domain),
            ),
            access_token_validity=Duration.minutes(TOKEN_MINUTES),
            id_token_validity=Duration.minutes(TOKEN_MINUTES),
            refresh_token_validity=Duration.days(REFRESH_DAYS),
        )

    def _client_secret(self) -> secretsmanager.Secret:
        """A copy of the secret that Cognito made; the template has a reference to it and never the value."""
        client = self.clients["pages"].node.default_child
        assert isinstance(client, cognito.CfnUserPoolClient)
        secret = secretsmanager.Secret(
            self,
            "PagesClientSecret",
            secret_name=f"{self._environment.prefix}/pages-client",
            description="With it the pages get tokens from Cognito (BILHETERIA_OIDC_CLIENT_KEY)",
            secret_string_value=SecretValue.resource_attribute(client.attr_client_secret),
        )
        reason = (
            "Cognito makes it with the client: another one comes with another client, as decision 53 says."
        )
        acknowledge(secret, {"SMG4": reason})
        return secret

    def _partner_client(self) -> cognito.UserPoolClient:
        """The first partner's client. Others are made by a command when a contract is signed, not by a roll-out."""
        scopes = [
            cognito.ResourceServerScope(scope_name=one.partition("/")[2], scope_description=one)
            for one in SCOPES
        ]
        server = self.user_pool.add_resource_server(
            "Api", identifier=RESOURCE_SERVER, user_pool_resource_server_name=RESOURCE_SERVER, scopes=scopes
        )
        return self.user_pool.add_client(
            "Partner",
            user_pool_client_name="partner",
            generate_secret=True,
            auth_flows=cognito.AuthFlow(),
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            o_auth=cognito.OAuthSettings(
                flows=cognito.OAuthFlows(client_credentials=True),
                scopes=[cognito.OAuthScope.resource_server(server, one) for one in scopes],
            ),
            access_token_validity=Duration.minutes(PARTNER_TOKEN_MINUTES),
        )


def _password_policy() -> cognito.PasswordPolicy:
    return cognito.PasswordPolicy(
        min_length=PASSWORD_LETTERS,
        require_digits=False,
        require_lowercase=False,
        require_symbols=False,
        require_uppercase=False,
        temp_password_validity=Duration.days(3),
    )
