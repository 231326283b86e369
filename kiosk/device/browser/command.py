"""The command that starts Chromium as a kiosk."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.device.config import Config

_FLAGS = (
    "--kiosk",  # one window without borders; new tabs, view-source, save, print and task manager have no command
    "--no-first-run",
    "--no-default-browser-check",
    "--noerrdialogs",
    "--hide-crash-restore-bubble",
    "--disable-pinch",
    "--overscroll-history-navigation=0",  # no swipe goes back
    "--deny-permission-prompts",
    "--disable-breakpad",
    "--disable-domain-reliability",
    "--disable-background-networking",
    "--password-store=basic",  # no keyring asks for a password
    "--autoplay-policy=no-user-gesture-required",
    "--disk-cache-size=104857600",
)


def start_address(settings: Config) -> str:
    """The agent's own page: it says that the server is not reached, or goes on to the kiosk's page."""
    return f"http://127.0.0.1:{settings.agent.port}/start"


def command(settings: Config, further: Sequence[str] = ()) -> list[str]:
    """`further` are flags of the machine, such as the window system's."""
    return [
        settings.browser.program,
        *_FLAGS,
        f"--user-data-dir={settings.browser.profile}",
        *further,
        start_address(settings),
    ]
