"""The capacity model: docs/capacity.md has its tables, and it agrees with what is deployed."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.adapters.postgres_limits import page_limits
from infra.capacity import costs, document, money, opening, sizing
from infra.capacity.scenarios import CHAIN, NATIONAL, ONE_CINEMA, SCENARIOS, Scenario
from infra.capacity.tables import TABLES
from infra.environments import DEVELOPMENT, ENVIRONMENTS, PRODUCTION, Environment
from infra.parts import PARTS, WEB_PARTS
from tests.infra.resources import of_type

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_has_every_table_as_the_model_makes_it() -> None:
    """`python -m infra.capacity --write` writes them again."""
    text = document.DOCUMENT.read_text(encoding="utf-8")
    assert document.named_tables(text) == list(TABLES)
    assert document.with_tables(text) == text


def test_control_a_changed_figure_is_found() -> None:
    text = document.DOCUMENT.read_text(encoding="utf-8")
    changed = text.replace(f"{costs.PURCHASE_WEB.value:g} ms", "1 ms")
    assert document.with_tables(changed) == text != changed


def test_production_is_large_enough_for_the_chain() -> None:
    for part in PARTS:
        most = PRODUCTION.most_tasks if part in WEB_PARTS else PRODUCTION.most_worker_tasks
        assert sizing.tasks(part, CHAIN) <= most, part.name
    assert sizing.database(CHAIN).processors <= dict(sizing.CLASSES)[PRODUCTION.database_class]


def test_the_rule_of_a_tasks_load_is_that_of_its_scaling() -> None:
    found = re.search(r"^PROCESSOR_PERCENT = (\d+)$", (ROOT / "infra/scaling.py").read_text(), re.MULTILINE)
    assert found is not None
    assert int(found[1]) == round(sizing.TASK_LOAD * 100)


def test_each_database_of_an_environment_has_a_price() -> None:
    classes = dict(sizing.CLASSES)
    assert {one.database_class for one in ENVIRONMENTS.values()} <= {*classes, "t4g.medium"}
    assert sum(money.environment_lines(DEVELOPMENT).values()) < sum(
        money.environment_lines(PRODUCTION).values()
    )


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
def test_no_shard_is_beyond_the_limits_of_one_database(scenario: Scenario) -> None:
    found = sizing.database(scenario)
    assert scenario.orders_a_second / found.shards <= sizing.ceiling(scenario)
    assert found.processors / found.shards <= dict(sizing.CLASSES)[found.instance_class]


def test_more_orders_need_more() -> None:
    twice = replace(NATIONAL, tickets_a_day=NATIONAL.tickets_a_day * 2)
    assert sizing.database(twice).processors == pytest.approx(2 * sizing.database(NATIONAL).processors)
    assert all(sizing.tasks(part, twice) >= sizing.tasks(part, NATIONAL) for part in PARTS)


def test_a_ticket_of_one_cinema_costs_more_than_one_of_the_chain() -> None:
    assert money.dollars_a_ticket(ONE_CINEMA) > money.dollars_a_ticket(CHAIN) > 0


@pytest.mark.parametrize("environment", ENVIRONMENTS.values(), ids=lambda one: one.name)
def test_the_budget_is_above_the_months_estimate_by_the_named_factor(environment: Environment) -> None:
    estimate = money.month(environment)
    assert estimate >= sum(money.environment_lines(environment).values())
    assert 0 <= money.budget(environment) - estimate * money.BUDGET_FACTOR < 100


def test_the_model_pays_for_each_endpoint_of_the_network(documents: dict[str, dict[str, Any]]) -> None:
    endpoints = of_type(documents["network"], "AWS::EC2::VPCEndpoint").values()
    interfaces = [one for one in endpoints if one["VpcEndpointType"] == "Interface"]
    assert len(interfaces) == money.SERVICES_BEHIND_ENDPOINTS


def test_an_opening_with_too_few_tasks_refuses_orders_and_is_the_same_each_time() -> None:
    few = opening.simulate(20, 1)
    assert few == opening.simulate(20, 1)
    assert few.refused > 0.1
    assert few.tasks > 20
    assert opening.simulate(373, 3).refused == 0


def test_waits_are_those_of_the_pool_in_the_application() -> None:
    assert page_limits(2).pool == opening.POOL_PATIENCE
