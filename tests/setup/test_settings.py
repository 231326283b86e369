"""The settings: each is written down, and what cannot be read is one line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.core.config import BadSetting, Settings

ROOT = Path(__file__).resolve().parents[2]
READ = re.compile(
    r"""environ(?:\.get\(|\[)\s*["']([A-Z][A-Z0-9_]+)["']  # os.environ.get("PORT"), os.environ["PORT"]
      | _(?:flag|one_of|text|whole_number)\(\s*["']([A-Z][A-Z0-9_]+)["']
      | \$\{([A-Z][A-Z0-9_]+)  # compose.yaml
    """,
    re.VERBOSE,
)
# Not ours: they say where programs are, and what the database's own client calls a connection.
OF_THE_SYSTEM = {"PATH", "PGAPPNAME"}


def read_by_the_code() -> set[str]:
    sources = [path for folder in ("app", "migrations", "tools") for path in (ROOT / folder).rglob("*.py")]
    sources += [ROOT / "wsgi.py", ROOT / "compose.yaml"]
    sources = [path for path in sources if "node_modules" not in path.parts]
    found = {name for path in sources for match in READ.findall(path.read_text()) for name in match if name}
    return found - OF_THE_SYSTEM


def written_down() -> set[str]:
    """The first cell of each line of a table."""
    page = (ROOT / "docs" / "settings.md").read_text()
    return set(re.findall(r"^\| `([A-Z][A-Z0-9_]+)` \|", page, re.MULTILINE))


def test_the_code_reads_its_settings_in_ways_that_this_test_knows() -> None:
    assert {
        "PORT",
        "DATABASE_URL",
        "BILHETERIA_TLS",
        "WEB_WORKERS",
        "POSTGRES_PASSWORD",
    } <= read_by_the_code()


def test_every_setting_is_written_down_and_nothing_else_is() -> None:
    assert read_by_the_code() == written_down()


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
        ("SERVICES", "popcorn", "SERVICES names 'popcorn'; known are pages, events"),
        (
            "FORWARDED_ALLOW_IPS",
            "10.0.0.1, proxy",
            "FORWARDED_ALLOW_IPS: 'proxy' does not appear to be an IP",
        ),
        ("BILHETERIA_VAR", "/dev/null/var", "the data folder /dev/null/var cannot be used (Not a directory)"),
    ],
)
def test_what_cannot_be_read_is_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv("BILHETERIA_VAR", str(tmp_path))
    monkeypatch.setenv(name, value)
    with pytest.raises(BadSetting) as bad:
        Settings.from_env()
    assert said in str(bad.value)
    assert "\n" not in str(bad.value)


def test_what_can_be_read_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
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
    assert read.public_url == "https://tickets.example:8443"
    assert [read.database_url, read.mail_url, read.mail_from, read.storage_url, read.sandbox_pix] == [
        given["DATABASE_URL"],
        given["BILHETERIA_MAIL"],
        given["BILHETERIA_MAIL_FROM"],
        given["BILHETERIA_STORAGE"],
        given["BILHETERIA_SANDBOX_PIX"],
    ]


@pytest.mark.parametrize("name", ["DATABASE_URL", "BILHETERIA_MAIL"])
def test_a_password_in_a_setting_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    monkeypatch.setenv("BILHETERIA_VAR", str(tmp_path))
    monkeypatch.setenv(name, "smtpp://us:secret@host/name")
    with pytest.raises(BadSetting) as bad:
        Settings.from_env()
    assert "secret" not in str(bad.value)


def test_the_key_of_the_sessions_is_made_once_and_is_its_owners_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BILHETERIA_VAR", str(tmp_path / "new"))
    monkeypatch.delenv("SECRET_KEY", raising=False)
    first = Settings.from_env().secret_key
    assert len(first) > 40
    assert Settings.from_env().secret_key == first
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
def test_links_in_mails_name_the_host_as_the_network_does(
    monkeypatch: pytest.MonkeyPatch, address: str, kept: str
) -> None:
    monkeypatch.setenv("BILHETERIA_PUBLIC_URL", address)
    assert Settings.from_env().public_url == kept
