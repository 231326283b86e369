"""The promises of the network, of the database and its pool, of the bucket and of the secrets."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.adapters.sqs import DEAD_KEPT_SECONDS, KEPT_SECONDS, MOST_RECEIVED
from app.core.config import groups
from app.core.database_roles import PARTS, RETIRED
from tests.infra.resources import of_type, only

Documents = dict[str, dict[str, Any]]


def test_the_network_has_three_zones_each_with_its_way_out(documents: Documents) -> None:
    subnets = of_type(documents["network"], "AWS::EC2::Subnet").values()
    assert len({json.dumps(one["AvailabilityZone"]) for one in subnets}) == 3
    assert len(subnets) == 9
    assert len(of_type(documents["network"], "AWS::EC2::NatGateway")) == 3


def test_no_subnet_gives_public_addresses_and_the_database_has_no_way_out(documents: Documents) -> None:
    subnets = of_type(documents["network"], "AWS::EC2::Subnet")
    assert not [one for one in subnets.values() if one.get("MapPublicIpOnLaunch")]
    routes = of_type(documents["network"], "AWS::EC2::Route")
    assert not [id for id in routes if "database" in id]


def test_flows_are_logged_and_calls_of_aws_stay_in_the_network(documents: Documents) -> None:
    assert only(documents["network"], "AWS::EC2::FlowLog")["ResourceType"] == "VPC"
    services = json.dumps(of_type(documents["network"], "AWS::EC2::VPCEndpoint"))
    for name in ("s3", "ecr.api", "ecr.dkr", "logs", "monitoring", "secretsmanager", "sqs", "xray"):
        assert f".{name}" in services


def test_the_database_is_reached_by_tasks_and_pool_alone(documents: Documents) -> None:
    rules = of_type(documents["network"], "AWS::EC2::SecurityGroupIngress").values()
    to_database = [one for one in rules if one["GroupId"]["Fn::GetAtt"][0].startswith("Database")]
    assert to_database
    assert {(one["FromPort"], one["ToPort"]) for one in to_database} == {(5432, 5432)}
    assert all("SourceSecurityGroupId" in one for one in rules)


@pytest.mark.parametrize("tasks", ["WebTasks", "OtherTasks"])
def test_tasks_reach_partners_by_https_through_nat_and_nothing_else_outside(
    documents: Documents, tasks: str
) -> None:
    """Webhooks go to the ports of the setting, which is left at its default."""
    network = documents["network"]
    (group,) = [
        one for id, one in of_type(network, "AWS::EC2::SecurityGroup").items() if id.startswith(tasks)
    ]
    outside = [one for one in group["SecurityGroupEgress"] if "CidrIp" in one]
    assert [(one["CidrIp"], one["FromPort"], one["ToPort"]) for one in outside] == [("0.0.0.0/0", 443, 443)]
    assert groups.Webhooks().ports == (443,)
    inside = [
        (one["DestinationSecurityGroupId"]["Fn::GetAtt"][0].rstrip("0123456789ABCDEF"), one["ToPort"])
        for one in of_type(network, "AWS::EC2::SecurityGroupEgress").values()
        if one["GroupId"]["Fn::GetAtt"][0].startswith(tasks)
    ]
    assert {*inside} == {("DatabaseProxy", 5432), ("Database", 5432), ("Endpoints", 443)}
    ways_out = [one for one in of_type(network, "AWS::EC2::Route").values() if "NatGatewayId" in one]
    assert {one["DestinationCidrBlock"] for one in ways_out} == {"0.0.0.0/0"}
    assert len(ways_out) == 3


def test_the_database_is_doubled_encrypted_and_kept(documents: Documents) -> None:
    database = only(documents["data"], "AWS::RDS::DBInstance")
    wanted = {
        "MultiAZ": True, "StorageEncrypted": True, "PubliclyAccessible": False, "DeletionProtection": True,
        "BackupRetentionPeriod": 35, "EnablePerformanceInsights": True, "EnableIAMDatabaseAuthentication": True,
        "ManageMasterUserPassword": True,
    }  # fmt: skip
    assert {name: database.get(name) for name in wanted} == wanted
    policies = [
        one for one in documents["data"]["Resources"].values() if one["Type"] == "AWS::RDS::DBInstance"
    ]
    assert policies[0]["DeletionPolicy"] == "Snapshot"


def test_the_database_takes_tls_alone_and_logs_no_statement_that_failed(documents: Documents) -> None:
    parameters = only(documents["data"], "AWS::RDS::DBParameterGroup")["Parameters"]
    assert parameters["rds.force_ssl"] == "1"
    assert parameters["log_min_error_statement"] == "panic"
    assert parameters["log_error_verbosity"] == "terse"


def test_the_pool_takes_tls_alone_and_knows_every_role(documents: Documents) -> None:
    proxy = only(documents["data"], "AWS::RDS::DBProxy")
    assert proxy["RequireTLS"] is True
    assert len(proxy["Auth"]) == len((*PARTS, *RETIRED))
    assert {one["ClientPasswordAuthType"] for one in proxy["Auth"]} == {"POSTGRES_SCRAM_SHA_256"}


def test_the_password_of_every_role_is_changed_each_month_and_not_at_the_first_deploy(
    documents: Documents,
) -> None:
    schedules = of_type(documents["data"], "AWS::SecretsManager::RotationSchedule").values()
    assert len(schedules) == len((*PARTS, *RETIRED))
    assert {one["RotationRules"]["ScheduleExpression"] for one in schedules} == {"rate(30 days)"}
    assert {one["RotateImmediatelyOnUpdate"] for one in schedules} == {False}


def test_the_bucket_of_the_tickets_is_private_versioned_encrypted_and_logged(documents: Documents) -> None:
    buckets = of_type(documents["data"], "AWS::S3::Bucket")
    assert all(all(one["PublicAccessBlockConfiguration"].values()) for one in buckets.values())
    assert all(
        one["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]["ServerSideEncryptionByDefault"][
            "SSEAlgorithm"
        ]
        == "AES256"
        for one in buckets.values()
    )
    bucket = next(one for id, one in buckets.items() if id.startswith("Tickets"))
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["LoggingConfiguration"]["LogFilePrefix"] == "tickets/"
    for policy in of_type(documents["data"], "AWS::S3::BucketPolicy").values():
        assert "aws:SecureTransport" in json.dumps(policy)


def test_pdfs_expire_after_the_application_has_deleted_them(documents: Documents) -> None:
    buckets = of_type(documents["data"], "AWS::S3::Bucket")
    bucket = next(one for id, one in buckets.items() if id.startswith("Tickets"))
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert rule["Prefix"] == "tickets/"
    assert rule["ExpirationInDays"] > groups.Retention().pdf_days
    assert rule["NoncurrentVersionExpiration"]["NoncurrentDays"] == 30


def test_queues_redrive_as_the_application_expects_and_keep_dead_letters_longer(documents: Documents) -> None:
    queues = of_type(documents["messaging"], "AWS::SQS::Queue")
    for one in queues.values():
        assert one["SqsManagedSseEnabled"] is True
        dead = one["QueueName"].endswith("-dead")
        assert one["MessageRetentionPeriod"] == (DEAD_KEPT_SECONDS if dead else KEPT_SECONDS)
        if not dead:
            target = queues[one["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]]
            assert target["QueueName"] == f"{one['QueueName']}-dead"
            assert one["RedrivePolicy"]["maxReceiveCount"] == MOST_RECEIVED
    assert DEAD_KEPT_SECONDS > KEPT_SECONDS
