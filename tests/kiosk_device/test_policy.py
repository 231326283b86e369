"""The policy file and the flags of the browser. test_break_outs.py tries them in a real Chromium."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.device import config
from kiosk.device.browser import policy
from kiosk.device.browser.command import command
from tools.kiosk.__main__ import kiosk_config

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://ingressos.example", "https://.ingressos.example"),
        ("https://ingressos.example:8443", "https://.ingressos.example:8443"),
        ("http://localhost:8000", "http://.localhost:8000"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("https://[2001:db8::1]", "https://[2001:db8::1]"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
    ],
)
def test_the_paired_origin_and_the_start_page_alone_are_allowed(origin: str, allowed: str) -> None:
    made = policy.policy(config.parse(f'origin = "{origin}"\n[agent]\nport = 9400'))
    assert made["URLAllowlist"] == [allowed, "http://127.0.0.1:9400/start"]
    assert made["URLBlocklist"][0] == "*"
    assert made["LoopbackNetworkAllowedForUrls"] == [origin]


def test_the_policy_is_printed_for_the_installer(tmp_path: Path) -> None:
    settings = tmp_path / "kiosk.toml"
    settings.write_text('origin = "https://ingressos.example"')
    said = subprocess.run(
        [sys.executable, "-m", "kiosk.device.browser.policy", "--config", str(settings)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(said.stdout) == policy.policy(config.read(settings))


def test_the_browser_starts_at_the_page_of_the_machine() -> None:
    made = command(config.parse('origin = "https://ingressos.example"'), ["--ozone-platform=wayland"])
    assert made[0] == "/usr/bin/chromium"
    assert {"--kiosk", "--disable-pinch", "--ozone-platform=wayland"} <= set(made)
    assert made[-1] == "http://127.0.0.1:9321/start"
    assert not [flag for flag in made if "remote-debugging" in flag]


def test_a_kiosk_in_a_window_is_what_make_kiosk_shows(tmp_path: Path) -> None:
    settings = config.parse(
        kiosk_config(tmp_path, "http://127.0.0.1:8000", 9400, "/usr/bin/chromium", (1080, 1920))
    )
    made = command(settings)
    assert "--kiosk" not in made
    assert {"--window-size=1080,1920", f"--user-data-dir={tmp_path}/profile"} <= set(made)
    assert made[-1] == "--app=http://127.0.0.1:9400/start"
