"""What development does otherwise than production, and what stays the same."""

from __future__ import annotations

from typing import Any

import pytest

from tests.infra.resources import of_type, only

Documents = dict[str, dict[str, Any]]


@pytest.mark.parametrize(
    ("name", "small", "large"),
    [
        ("MultiAZ", False, True),
        ("DBInstanceClass", "db.t4g.medium", "db.r8g.xlarge"),
        ("AllocatedStorage", "20", "100"),
        ("BackupRetentionPeriod", 1, 35),
        ("DeletionProtection", False, True),
        ("DeleteAutomatedBackups", True, False),
        # The same in both.
        ("StorageEncrypted", True, True),
        ("PubliclyAccessible", False, False),
    ],
)
def test_the_database_of_development_is_one_small_machine_but_as_closed(
    development: Documents, documents: Documents, name: str, small: object, large: object
) -> None:
    assert only(development["data"], "AWS::RDS::DBInstance")[name] == small
    assert only(documents["data"], "AWS::RDS::DBInstance")[name] == large


@pytest.mark.parametrize("kind", ["AWS::RDS::DBInstance", "AWS::S3::Bucket"])
def test_what_development_stores_ends_with_its_stack(
    development: Documents, documents: Documents, kind: str
) -> None:
    ends, stays = (
        {one["DeletionPolicy"] for one in document["data"]["Resources"].values() if one["Type"] == kind}
        for document in (development, documents)
    )
    assert ends == {"Delete"}
    assert "Delete" not in stays


def test_development_has_one_way_out_and_no_endpoints_that_cost_by_the_hour(development: Documents) -> None:
    network = development["network"]
    assert len(of_type(network, "AWS::EC2::NatGateway")) == 1
    endpoints = of_type(network, "AWS::EC2::VPCEndpoint").values()
    assert {one["VpcEndpointType"] for one in endpoints} == {"Gateway"}
    for bucket in of_type(development["data"], "AWS::S3::Bucket").values():
        assert all(bucket["PublicAccessBlockConfiguration"].values())
