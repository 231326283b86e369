"""The database with its pool of connections, the bucket of the PDF tickets, and the secrets."""

from __future__ import annotations

from typing import Any

from aws_cdk import Aws, Duration, RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_rds as rds
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from app.core.config import groups
from app.core.database_roles import PARTS, RETIRED, role_name
from infra.environments import Environment
from infra.exceptions import acknowledge
from infra.retention import log_retention
from infra.rotation import rotate_passwords
from infra.stacks.network import ISOLATED, POSTGRES, TASKS, NetworkStack

DATABASE_NAME = "bilheteria"
OWNER = "bilheteria"
# The share of its connections that the database keeps for the pool: the rest is for migrations, LISTEN and people.
POOL_PERCENT = 80
# Prefixes in the bucket: of the PDFs, and of the files of a programme that is to be imported.
TICKETS, PROGRAMME = "tickets", "programme"
ENGINE = rds.DatabaseInstanceEngine.postgres(version=rds.PostgresEngineVersion.VER_18_3)
# Days from the sale to the screening that count as the longest; then BILHETERIA_KEEP_PDF_DAYS follow.
_LONGEST_PRESALE_DAYS = 366
# A password stands in a URL and in SQL: no characters that mean something there.
_NO_PUNCTUATION = True


def bucket_name(environment: Environment) -> str:
    """The name of the bucket, for stacks that are made before it."""
    return f"{environment.prefix}-tickets-{Aws.ACCOUNT_ID}"


class DataStack(Stack):
    """`database`, `proxy`, `bucket`, `bucket_name`, `access_logs`, `secret_key`; `secrets`: part → its sign-in."""

    def __init__(
        self, scope: Construct, id: str, environment: Environment, network: NetworkStack, **options: Any
    ) -> None:
        super().__init__(scope, id, **options)
        self._environment = environment
        self._network = network
        self._removal = RemovalPolicy.RETAIN if environment.is_production else RemovalPolicy.DESTROY
        self.bucket_name = bucket_name(environment)
        self.access_logs = self._access_logs()
        self.bucket = self._bucket()
        self.database = self._database()
        # The tasks of the version before sign in by the retired ones while a roll-out runs.
        self.secrets = {part: self._role_secret(part) for part in (*PARTS, *RETIRED)}
        for part in RETIRED:
            self.export_value(self.secrets[part].secret_arn)
        self.secret_key = secretsmanager.Secret(
            self,
            "SecretKey",
            secret_name=f"{environment.prefix}/secret-key",
            description="Signs sessions and seals the keys of tickets (SECRET_KEY)",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                password_length=64, exclude_punctuation=_NO_PUNCTUATION
            ),
        )
        rotate_passwords(
            self,
            environment,
            self.secrets,
            network.vpc.select_subnets(subnet_type=TASKS.subnet_type),
            network.other_tasks,
        )
        self.proxy = self._proxy()
        self._acknowledge()

    @property
    def owner_secret(self) -> secretsmanager.ISecret:
        """The sign-in of the owner of the tables. RDS keeps it and changes its password every week."""
        secret = self.database.secret
        assert secret is not None
        return secret

    def _access_logs(self) -> s3.Bucket:
        """The logs of access to the bucket of the tickets and to the load balancer."""
        return s3.Bucket(
            self,
            "AccessLogs",
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(self._environment.log_days))],
            removal_policy=self._removal,
        )

    def _bucket(self) -> s3.Bucket:
        """The worker deletes PDFs in time; the lifecycle deletes what it has missed, and replaced versions."""
        days = groups.Retention().pdf_days + _LONGEST_PRESALE_DAYS
        return s3.Bucket(
            self,
            "Tickets",
            bucket_name=self.bucket_name,
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            server_access_logs_bucket=self.access_logs,
            server_access_logs_prefix="tickets/",
            lifecycle_rules=[
                s3.LifecycleRule(
                    prefix=f"{TICKETS}/",
                    expiration=Duration.days(days),
                    noncurrent_version_expiration=Duration.days(30),
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                )
            ],
            removal_policy=self._removal,
        )

    def _database(self) -> rds.DatabaseInstance:
        environment = self._environment
        key = kms.Key(self, "DatabaseKey", enable_key_rotation=True, removal_policy=self._removal)
        database = rds.DatabaseInstance(
            self,
            "Database",
            engine=ENGINE,
            instance_identifier=environment.prefix,
            instance_type=ec2.InstanceType(environment.database_class),
            vpc=self._network.vpc,
            vpc_subnets=ISOLATED,
            security_groups=[self._group("DatabaseGroup", self._network.database)],
            database_name=DATABASE_NAME,
            credentials=rds.Credentials.from_username(OWNER),
            manage_master_user_password=True,
            multi_az=environment.is_multi_az,
            storage_type=rds.StorageType.GP3,
            allocated_storage=environment.database_gigabytes,
            max_allocated_storage=environment.database_most_gigabytes,
            storage_encrypted=True,
            storage_encryption_key=key,
            iam_authentication=True,
            parameter_group=self._parameters(),
            backup_retention=Duration.days(environment.backup_days),
            preferred_backup_window="07:00-08:00",  # UTC: four in the morning in São Paulo
            preferred_maintenance_window="tue:08:30-tue:09:30",
            copy_tags_to_snapshot=True,
            deletion_protection=environment.is_production,
            delete_automated_backups=not environment.is_production,
            removal_policy=RemovalPolicy.SNAPSHOT if environment.is_production else RemovalPolicy.DESTROY,
            enable_performance_insights=True,
            performance_insight_encryption_key=key,
            monitoring_interval=Duration.seconds(60),
            cloudwatch_logs_exports=["postgresql"],
            auto_minor_version_upgrade=True,
            publicly_accessible=False,
        )
        database.node.add_dependency(self._database_log())
        return database

    def _database_log(self) -> logs.LogGroup:
        """RDS would make this group itself, and keep it for ever."""
        return logs.LogGroup(
            self,
            "DatabaseLog",
            log_group_name=f"/aws/rds/instance/{self._environment.prefix}/postgresql",
            retention=log_retention(self._environment),
            removal_policy=RemovalPolicy.DESTROY,
        )

    def _parameters(self) -> rds.ParameterGroup:
        return rds.ParameterGroup(
            self,
            "Parameters",
            engine=ENGINE,
            parameters={
                "rds.force_ssl": "1",
                "password_encryption": "scram-sha-256",
                # A failed statement contains names and CPFs: log the error without the statement.
                "log_min_error_statement": "panic",
                "log_error_verbosity": "terse",
                "log_lock_waits": "1",
                "idle_in_transaction_session_timeout": "600000",
            },
        )

    def _role_secret(self, part: str) -> secretsmanager.Secret:
        """The sign-in of a role, in the form that the rotation of Secrets Manager reads."""
        known = {
            "engine": "postgres",
            "host": self.database.db_instance_endpoint_address,
            "port": POSTGRES,
            "dbname": DATABASE_NAME,
            "username": role_name(part),
        }
        return secretsmanager.Secret(
            self,
            f"Role{part.title().replace('_', '')}",
            secret_name=f"{self._environment.prefix}/database/{part}",
            description=f"The sign-in of {role_name(part)} at the database",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template=self.to_json_string(known),
                generate_string_key="password",
                password_length=40,
                exclude_punctuation=_NO_PUNCTUATION,
            ),
        )

    def _proxy(self) -> rds.DatabaseProxy:
        """The pool that all tasks share: they connect with the password of their role, by TLS."""
        return rds.DatabaseProxy(
            self,
            "Proxy",
            proxy_target=rds.ProxyTarget.from_instance(self.database),
            db_proxy_name=self._environment.prefix,
            secrets=list(self.secrets.values()),
            vpc=self._network.vpc,
            vpc_subnets=TASKS,
            security_groups=[self._group("ProxyGroup", self._network.database_proxy)],
            client_password_auth_type=rds.ClientPasswordAuthType.POSTGRES_SCRAM_SHA_256,
            iam_auth=False,
            require_tls=True,
            max_connections_percent=POOL_PERCENT,
            borrow_timeout=Duration.seconds(5),
        )

    def _acknowledge(self) -> None:
        reason = "Its tables are open to the groups of tasks and pool alone; another port hides nothing."
        acknowledge(self.database, {"RDS11": reason})
        policy = "arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
        reason = "AWS keeps this policy for this purpose alone."
        acknowledge(self.database, {f"IAM4[Policy::{policy}]": reason})
        if not self._environment.is_production:
            reason = "Development may lose its data, and stands still while its one database does."
            acknowledge(self.database, {"RDS3": reason, "RDS10": reason})
        reason = "It is changed by hand when it may have leaked: each change empties the counters of tries."
        acknowledge(self.secret_key, {"SMG4": reason})

    def _group(self, id: str, group: ec2.ISecurityGroup) -> ec2.ISecurityGroup:
        """A group of the network as it is: CDK would add a rule to it that refers to this stack."""
        return ec2.SecurityGroup.from_security_group_id(self, id, group.security_group_id, mutable=False)
