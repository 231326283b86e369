"""compose.yaml and the Dockerfile: the processes are those of the code, and what they name exists."""

from __future__ import annotations

import itertools
import json
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask
from sqlalchemy import make_url

from app.cli import register
from app.core import database_roles
from app.core.config import PAGES, SERVICES, Settings, environment
from app.core.ladder import api_part
from tools.build.services import STAND_IN
from tools.image import __main__ as image_test
from tools.services import front_image
from tools.services.plan import BUCKET, Plan, Site, plans

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = (ROOT / "compose.yaml").read_text()
COMMANDS = {"prepare", "roles", "queues", "storage"}  # they end
OTHERS = {"postgres", "aws", "front"}
# Settings of the programs of others.
FOREIGN = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_EC2_METADATA_DISABLED", "ROLE_PASSWORDS"}


def with_defaults(text: str) -> str:
    """The text as Compose reads it where no variable is set."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text).replace("$$", "$")


CONTAINERS: dict[str, dict[str, Any]] = yaml.safe_load(with_defaults(COMPOSE))["services"]
PLANNED = {
    plan.name: plan for plan in plans(Site(8000, ROOT, "postgresql:///x", 4566), {}, itertools.count(8001))
}


def test_the_containers_are_the_processes_of_make_services() -> None:
    assert {*CONTAINERS} == {*PLANNED} | COMMANDS | OTHERS


@pytest.mark.parametrize("plan", PLANNED.values(), ids=PLANNED)
def test_a_container_runs_the_program_of_its_process(plan: Plan) -> None:
    container = CONTAINERS[plan.name]
    environment_of = container["environment"]
    assert environment_of.get("SERVICES") == plan.env.get("SERVICES")
    if plan.is_web_server:
        assert "command" not in container, "it is that of the image"
        assert "healthcheck" not in container, "it is that of the image"
        part = plan.name if plan.name == PAGES else api_part(plan.name)
    else:
        assert container["command"] == ["python", "-m", plan.command[-1]]
        assert container["healthcheck"]["test"][-2:] == ["app.cli.health", "worker"]
        part = plan.name.removesuffix("-worker")
    url = make_url(environment_of["DATABASE_URL"])
    assert url.username == database_roles.role_name(part)
    assert json.loads(CONTAINERS["roles"]["environment"]["ROLE_PASSWORDS"])[url.username] == url.password


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_container_may_do_little(name: str) -> None:
    container = CONTAINERS[name]
    assert container["read_only"]
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert container["mem_limit"]
    assert container["stop_grace_period"] == "30s"
    assert ("ports" in container) == (name == "front")
    assert "cap_add" not in container
    assert container.get("user") == ("postgres" if name == "postgres" else None), (
        "the others' is in the image"
    )
    if name in ("postgres", "aws"):
        assert container["networks"] == ["inside"], "its network has no way out"


def test_postgres_may_start_a_process_for_each_connection() -> None:
    postgres = CONTAINERS["postgres"]
    (most,) = re.findall(r"max_connections=(\d+)", " ".join(postgres["command"]))
    pool = Settings.model_fields["database"].annotation.model_fields["pool_size"].default  # type: ignore[union-attr]
    assert len(PLANNED) * (pool + 2) <= int(most) < postgres["pids_limit"]


@pytest.mark.parametrize("name", sorted(COMMANDS | {*PLANNED}))
def test_a_container_has_settings_that_the_code_reads(name: str) -> None:
    known = environment.names(Settings) | environment.READ_ELSEWHERE | FOREIGN
    assert {*CONTAINERS[name]["environment"]} <= {*known}


def test_every_command_exists(app: Flask) -> None:
    register(app)
    lines = [container.get("command", []) for container in CONTAINERS.values()]
    lines += [
        container["healthcheck"]["test"] for container in CONTAINERS.values() if "healthcheck" in container
    ]
    lines += [json.loads(one) for one in re.findall(r"CMD (\[.*\])", DOCKERFILE)]
    text = "\n".join(" ".join(line) for line in lines)
    modules = re.findall(r"-m ([\w.]+)", text) + re.findall(r"-m (app[\w.]+)", DOCKERFILE)
    assert modules
    assert [module for module in modules if find_spec(module) is None] == []
    flask = re.findall(r"flask --app wsgi ([\w-]+) ([\w-]+)", text)
    assert len(flask) == len(COMMANDS) - 1
    for group, command in flask:
        assert command in app.cli.commands[group].commands, f"flask {group} {command}"  # type: ignore[attr-defined]


def test_the_image_contains_what_it_copies() -> None:
    """Each source of the build is in the repository, and .dockerignore lets it in."""
    let_in = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    sources = [
        word
        for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE)
        for word in line.split()[:-1]
    ]
    assert sources
    assert [one for one in sources if not (ROOT / one).exists()] == []
    assert {*sources} == {*let_in}


def test_the_front_reaches_each_container() -> None:
    text = front_image.configuration()
    assert {*re.findall(r"set \$process ([\w-]+);", text)} == {PAGES, *SERVICES, "aws"}
    assert f"location ^~ /{BUCKET}/" in text
    assert f"s3://{BUCKET}/" in COMPOSE
    assert f"GATEWAY_PORT={front_image.AWS_PORT}" in DOCKERFILE
    assert f"PORT={front_image.PORT}" in DOCKERFILE


def test_the_stand_in_for_aws_is_that_of_make_services() -> None:
    assert f"ARG STAND_IN={STAND_IN}\n" in DOCKERFILE


def test_every_image_is_pinned() -> None:
    images = [container["image"] for container in CONTAINERS.values()]
    bases = re.findall(r"^ARG DEBIAN=(\S+)$", DOCKERFILE, re.MULTILINE)
    assert len(bases) == 1
    for image in {*images, *bases}:
        assert re.search(r":(local|[\d.]*\d\.\d+-\w+)$", image), image
    stages = re.findall(r"^FROM (\S+) AS (\w+)$", DOCKERFILE, re.MULTILINE)
    assert {base for base, _ in stages} <= {"${DEBIAN}", *(stage for _, stage in stages)}
    built = {container["build"]["target"] for container in CONTAINERS.values() if "build" in container}
    assert built == {"app", "front", "aws"}
    assert stages[-1][1] == "app", "the default of docker build"


def test_a_machine_without_buildah_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert image_test.main() == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("apt-get install -y buildah debootstrap")
