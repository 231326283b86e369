"""The settings: docs/settings.md agrees with the code, and each mistake is a one-line error."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from annotated_types import Ge, Le

from app.core.config import BadSetting, Settings, environment

ROOT = Path(__file__).resolve().parents[2]
READ = re.compile(r"""environ(?:\.get\(|\[)\s*["']([A-Z][A-Z0-9_]+)["']|\$\{([A-Z][A-Z0-9_]+)""")
# Not ours: where programs and the screen are, and what Postgres's client calls a connection. `make image-test` gives
# IMAGE_BUILD to buildah.
FOREIGN_VARIABLES = {"DISPLAY", "IMAGE_BUILD", "PATH", "PGAPPNAME"}
FIELDS = environment.variables(Settings)
PAGE = (ROOT / "docs" / "settings.md").read_text()
ROWS = {
    name: (meaning, default.strip())
    for name, meaning, default in re.findall(
        r"^\| `([A-Z][A-Z0-9_]+)` \| (.*) \| ?([^|]*) ?\|$", PAGE, re.MULTILINE
    )
}
# Settings whose default is described in words: it is made at the start, or depends on another setting.
DEFAULT_IN_WORDS = {
    "SERVICES", "BILHETERIA_PUBLIC_URL", "SECRET_KEY", "DATABASE_URL", "BILHETERIA_VAR",
    "BILHETERIA_OIDC_JWKS", "BILHETERIA_OIDC_AUDIENCE", "BILHETERIA_WEBHOOK_PORTS",
    "BILHETERIA_OIDC_DISCOVERY", "BILHETERIA_OIDC_CLIENT_ID", "BILHETERIA_OIDC_CLIENT_KEY",
    "BILHETERIA_API_URL",
}  # fmt: skip


def read_elsewhere() -> set[str]:
    """The variables that sources read without the settings, and those of compose.yaml."""
    sources = [path for folder in ("app", "migrations", "tools") for path in (ROOT / folder).rglob("*.py")]
    sources += [ROOT / "wsgi.py", ROOT / "compose.yaml"]
    sources = [path for path in sources if "node_modules" not in path.parts]
    found = {name for path in sources for match in READ.findall(path.read_text()) for name in match if name}
    return found - FOREIGN_VARIABLES


def test_the_page_lists_exactly_the_settings() -> None:
    assert {*FIELDS, *read_elsewhere()} == {*ROWS}


def test_the_code_reads_variables_only_in_known_ways() -> None:
    assert {"POSTGRES_PASSWORD", "PGOPTIONS", *environment.READ_ELSEWHERE} <= read_elsewhere()


@pytest.mark.parametrize("name", [*FIELDS])
def test_the_page_has_limits_and_defaults(name: str) -> None:
    meaning, default = ROWS[name]
    field = FIELDS[name]
    bounds = [
        one.ge if isinstance(one, Ge) else one.le for one in field.metadata if isinstance(one, (Ge, Le))
    ]
    if bounds:
        assert f"({bounds[0]} to {bounds[1]})" in meaning
    if isinstance(field.default, bool):
        assert default == ("yes" if field.default else "no")
    elif name not in DEFAULT_IN_WORDS:
        assert default == ("none" if field.default is None else f"`{field.default}`")


def test_the_page_names_the_settings_that_can_be_in_a_file() -> None:
    secrets = {name for name, field in FIELDS.items() if environment.is_secret(field)}
    assert {f"{name}_FILE" for name in secrets} == set(re.findall(r"`([A-Z_]+_FILE)`", PAGE))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORT", "70000", "PORT must be a whole number from 1 to 65535, not '70000'"),
        ("PORT", "-1", "PORT must be"),
        ("BILHETERIA_HOLD_MINUTES", "ten", "BILHETERIA_HOLD_MINUTES must be a whole number from 1 to 60"),
        (
            "BILHETERIA_DOORS_OPEN_MINUTES",
            "0",
            "BILHETERIA_DOORS_OPEN_MINUTES must be a whole number from 1 to 1440",
        ),
        ("BILHETERIA_TLS", "maybe", "BILHETERIA_TLS must be 1 or 0, not 'maybe'"),
        ("BILHETERIA_DEMO", "ja", "BILHETERIA_DEMO must be 1 or 0"),
        ("BILHETERIA_LOG", "loud", "BILHETERIA_LOG must be one of debug, info, warning, error, not 'loud'"),
        ("WEB_WORKERS", "two", "WEB_WORKERS must be a whole number from 1 to 100"),
        ("DATABASE_URL", "mysql://host/name", "DATABASE_URL: a database is postgresql://"),
        ("BILHETERIA_PUBLIC_URL", "nonsense", "BILHETERIA_PUBLIC_URL: an address that people type is http"),
        ("BILHETERIA_PUBLIC_URL", "https://tickets.example:http", "BILHETERIA_PUBLIC_URL: "),
        ("BILHETERIA_PUBLIC_URL", "https://example.org/below/a/path", "BILHETERIA_PUBLIC_URL: "),
        (
            "BILHETERIA_MAIL",
            "foo://x",
            "BILHETERIA_MAIL: mail goes to folder:, folder:/path, smtp://host:port",
        ),
        ("BILHETERIA_MAIL", "smtp://", "BILHETERIA_MAIL: mail goes to folder:"),
        ("BILHETERIA_MAIL_FROM", "nonsense", "BILHETERIA_MAIL_FROM: a sender is Name <somebody@example.org>"),
        ("BILHETERIA_STORAGE", "nope://", "BILHETERIA_STORAGE: a storage is folder:, folder:/path or s3://"),
        ("BILHETERIA_SANDBOX_PIX", "autoo", "BILHETERIA_SANDBOX_PIX: customers are manual, auto or auto:3"),
        ("BILHETERIA_SANDBOX_PIX", "auto:x", "BILHETERIA_SANDBOX_PIX: customers are manual, auto or auto:3"),
        ("SERVICES", "popcorn", "SERVICES: 'popcorn' is none of pages, events"),
        (
            "FORWARDED_ALLOW_IPS",
            "10.0.0.1, proxy",
            "FORWARDED_ALLOW_IPS: 'proxy' does not appear to be an IP",
        ),
        ("BILHETERIA_HOLD_MINUTE", "5", "no setting; the nearest name is BILHETERIA_HOLD_MINUTES"),
        (
            "SECRET_KEY_FILE",
            "/no/such",
            "SECRET_KEY_FILE: /no/such cannot be read (No such file or directory)",
        ),
        ("DATABASE_URL_FILE", "/dev/null", "DATABASE_URL_FILE: /dev/null is empty"),
        ("BILHETERIA_VAR", "/dev/null/var", "the data folder /dev/null/var cannot be used (Not a directory)"),
    ],
)
def test_an_invalid_value_is_a_one_line_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv("BILHETERIA_VAR", str(tmp_path))
    monkeypatch.setenv(name, value)
    with pytest.raises(BadSetting) as bad:
        Settings.from_env()
    assert said in str(bad.value)
    assert "\n" not in str(bad.value)


def test_valid_values_are_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given = {
        "BILHETERIA_VAR": str(tmp_path),
        "DATABASE_URL": "postgresql://us:secret@db/name",
        "BILHETERIA_PUBLIC_URL": "https://tickets.example:8443/",
        "BILHETERIA_MAIL": "smtp://us:pa%3Ass@mail.example:2525?tls=off",
        "BILHETERIA_MAIL_FROM": "Cine Açaí <ingressos@praça.example>",
        "BILHETERIA_STORAGE": "s3://tickets/a?region=sa-east-1&endpoint=https://s3.example",
        "BILHETERIA_SANDBOX_PIX": "auto:0.2",
        "FORWARDED_ALLOW_IPS": "10.0.0.0/8, ::1,*",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    read = Settings.from_env()
    assert read.web.public_url == "https://tickets.example:8443"
    assert [
        read.database.url,
        read.mail.url,
        read.mail.sender,
        read.storage.url,
        read.payments.sandbox_pix,
    ] == [
        given["DATABASE_URL"],
        given["BILHETERIA_MAIL"],
        given["BILHETERIA_MAIL_FROM"],
        given["BILHETERIA_STORAGE"],
        given["BILHETERIA_SANDBOX_PIX"],
    ]


def test_all_mistakes_are_reported_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BILHETERIA_VAR", str(tmp_path / "new"))
    for name in ("PORT", "BILHETERIA_TLS", "BILHETERIA_MAIL", "BILHETERIA_TSL"):
        monkeypatch.setenv(name, "x")
    with pytest.raises(BadSetting) as bad:
        Settings.from_env()
    told = sorted(re.split("[: ]", line)[0] for line in str(bad.value).splitlines())
    assert told == ["BILHETERIA_MAIL", "BILHETERIA_TLS", "BILHETERIA_TSL", "PORT"]
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "a-key-of-the-cinema"),
        ("DATABASE_URL", "postgresql://us:secret@db/name"),
        ("BILHETERIA_MAIL", "smtp://us:secret@mail.example:2525"),
    ],
)
def test_a_secret_can_be_in_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str
) -> None:
    monkeypatch.setenv("BILHETERIA_VAR", str(tmp_path / "new"))
    (tmp_path / "secret").write_text(f"{value}\n")
    monkeypatch.setenv(f"{name}_FILE", str(tmp_path / "secret"))
    read = Settings.from_env()
    assert value in (read.web.secret_key, read.database.url, read.mail.url)
    assert "secret@" not in repr(read)
    assert "a-key" not in repr(read)
    monkeypatch.setenv(name, value)
    with pytest.raises(BadSetting, match=f"^set {name} or {name}_FILE, not both$"):
        Settings.from_env()


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BILHETERIA_VAR", str(tmp_path))
    for name in FIELDS:
        if name != "BILHETERIA_VAR":
            monkeypatch.setenv(name, " ")
    read = Settings.from_env()
    assert (read.web.port, read.cinema.demo, read.database.url) == (8000, True, None)


def test_settings_are_frozen_and_a_copy_is_checked(settings: Settings) -> None:
    with pytest.raises(ValueError, match="frozen"):
        settings.holds.max_seats = 3
    with pytest.raises(ValueError, match="no_such_field"):
        settings.changed(holds={"no_such_field": 3})
    assert settings.changed(holds={"max_seats": 3}).holds.max_seats == 3


def test_the_tests_run_without_settings_of_the_environment() -> None:
    assert not {*FIELDS} & {*os.environ}


@pytest.mark.parametrize("name", ["DATABASE_URL", "BILHETERIA_MAIL"])
def test_an_error_does_not_repeat_a_password(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    monkeypatch.setenv("BILHETERIA_VAR", str(tmp_path))
    monkeypatch.setenv(name, "smtpp://us:secret@host/name")
    with pytest.raises(BadSetting) as bad:
        Settings.from_env()
    assert "secret" not in str(bad.value)


def test_the_secret_key_is_made_once_and_readable_by_its_owner_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BILHETERIA_VAR", str(tmp_path / "new"))
    monkeypatch.delenv("SECRET_KEY", raising=False)
    first = Settings.from_env().web.secret_key
    assert len(first) > 40
    assert Settings.from_env().web.secret_key == first
    assert (tmp_path / "new" / "secret-key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://straße.example/", "https://xn--strae-oqa.example"),
        ("https://praça.example:8443", "https://xn--praa-2oa.example:8443"),
        ("https://ingressos.example", "https://ingressos.example"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_links_in_mails_have_the_ascii_form_of_the_host(
    monkeypatch: pytest.MonkeyPatch, address: str, kept: str
) -> None:
    monkeypatch.setenv("BILHETERIA_PUBLIC_URL", address)
    assert Settings.from_env().web.public_url == kept
