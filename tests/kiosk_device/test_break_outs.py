"""Ways out of the kiosk, tried on a real Chromium with the shipped policy, flags, keyboard layout and watchdog.

The policy file lies in /etc, where only root can write. Here /etc/chromium is a folder of the test, mounted in a mount
namespace of this one browser: other browsers of the machine do not see it, and nothing has to be put back.
"""

from __future__ import annotations

import dataclasses
import functools
import http.server
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

import pytest

from kiosk.device.browser import keyboard, policy
from kiosk.device.browser.command import command
from kiosk.device.browser.watchdog import Watchdog
from kiosk.device.config import AgentConfig, BrowserConfig, Config
from tests.kiosk_device.agents import running_agent

PROGRAMS = ("chromium", "unshare", "Xvfb", "xdotool", "xkbcomp", "setxkbmap")
WAIT_SECONDS = 60
# Key codes of evdev: xdotool would bring back a key that it is given by name.
CTRL, ALT, SHIFT, LETTER_A = "37", "64", "50", "38"
CHORDS = {
    "new tab": f"{CTRL}+28", "new window": f"{CTRL}+57", "incognito": f"{CTRL}+{SHIFT}+57", "developer tools": "96",
    "inspect": f"{CTRL}+{SHIFT}+31", "source": f"{CTRL}+30", "print": f"{CTRL}+33", "save": f"{CTRL}+39",
    "open": f"{CTRL}+32", "address": f"{CTRL}+46", "help": "67", "full screen": "95", "downloads": f"{CTRL}+44",
    "history": f"{CTRL}+43", "close tab": f"{CTRL}+25", "close window": f"{ALT}+70", "task manager": f"{SHIFT}+9",
    "back": f"{ALT}+113", "menu": "135", "reload": f"{CTRL}+27",
}  # fmt: skip

PAGE = """<!doctype html><title>kiosk page</title>
<style>a { position: fixed; top: 0; left: 0; width: 300px; height: 200px; background: gold }</style>
<a href="FOREIGN/escaped-link">a link to elsewhere</a>
<script>
const say = (what) => navigator.sendBeacon("/say?" + encodeURIComponent(what));
addEventListener("keydown", (event) => say("key " + event.key + " " + document.visibilityState));
addEventListener("dragstart", () => say("dragging"));
addEventListener("beforeprint", () => say("printing"));
document.addEventListener("visibilitychange", () => say(document.visibilityState));
addEventListener("pagehide", () => say("left"));
const frame = (address) => {
  const made = document.createElement("iframe");
  made.src = address;
  document.body.append(made);
};
say("window " + window.open("/escaped-window"));
const download = document.createElement("a");
download.href = "/download"; download.download = "file.bin";
download.click();
frame("FOREIGN/escaped-frame");
frame("data:text/html,<img src='OWN/escaped-data'>");
frame("view-source:OWN/escaped-source");
frame("/frame");
say("loaded");
</script>"""


def why_not() -> str:
    """Why this machine cannot run the test; empty if it can."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        return f"not installed: {', '.join(missing)}"
    if not Path("/etc/chromium").is_dir():
        return "no Debian Chromium: it has no /etc/chromium"
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode:
        return "this process may not make a mount namespace (not root, or in a chroot)"
    return ""


class Site:
    """The paired server, and under the name `localhost` one elsewhere; it notes every request."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(unquote(self.path))
                body = site.page() if self.path == "/kiosk" else b"x"
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                self.do_GET()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_port}"

    def page(self) -> bytes:
        foreign = self.origin.replace("127.0.0.1", "localhost")
        return PAGE.replace("FOREIGN", foreign).replace("OWN", self.origin).encode()

    def wait_for(self, path: str, times: int = 1, doing: Callable[[], object] = lambda: None) -> None:
        def asked() -> bool:
            doing()
            return self.asked.count(path) >= times

        wait_until(asked, lambda: f"no {path} in {self.asked}")

    @property
    def escaped(self) -> list[str]:
        return [path for path in self.asked if "escaped" in path or path == "/say?printing"]


def wait_until(done: Callable[[], bool], said: Callable[[], str]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not done():
        assert time.monotonic() < deadline, said()
        time.sleep(0.02)


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


@contextmanager
def screen() -> Iterator[dict[str, str]]:
    """A screen without a window manager; yields the environment of its programs."""
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1024x768x24", "-nolisten", "tcp", "-noreset"],
        pass_fds=[writing], stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(writing)
    try:
        with open(reading) as file:
            yield {**os.environ, "DISPLAY": f":{file.readline().strip()}"}
    finally:
        server.kill()
        server.wait()


def use_kiosk_layout(folder: Path, env: dict[str, str]) -> None:
    for name, text in keyboard.FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    keymap = folder / "keymap"
    keymap.write_text(
        'xkb_keymap { xkb_keycodes { include "evdev" }; xkb_types { include "complete" };'
        ' xkb_compat { include "complete" }; xkb_symbols { include "pc+us+bilheteria(kiosk)" }; };'
    )
    include = f"-I{folder / 'etc/xkb'}"
    subprocess.run(["xkbcomp", "-w0", include, str(keymap), env["DISPLAY"]], env=env, check=True)


def shipped_browser(folder: Path, settings: Config) -> Config:
    """The settings with a program that is Debian's Chromium under the shipped policy."""
    etc = folder / "etc-chromium"
    shutil.copytree("/etc/chromium", etc)
    file = etc / policy.POLICY_FILE.relative_to("/etc/chromium")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(policy.text(settings))
    program = folder / "browser"
    program.write_text(
        "#!/bin/sh\nexec unshare --mount --propagation private sh -c"
        f' \'mount --bind {etc} /etc/chromium && exec chromium "$@"\' sh "$@"\n'
    )
    program.chmod(0o755)
    browser = dataclasses.replace(settings.browser, program=str(program))
    return dataclasses.replace(settings, browser=browser)


@contextmanager
def watched_browser(settings: Config, env: dict[str, str]) -> Iterator[None]:
    # Chromium's sandbox does not run as root; the graphics are those of a machine without a card.
    flags = [
        "--no-sandbox", "--ozone-platform=x11", "--disable-gpu", "--disable-dev-shm-usage", "--window-position=0,0",
        "--window-size=1024,768",
    ]  # fmt: skip
    run = Path(settings.agent.run)
    started = ["env", *(f"{name}={env[name]}" for name in ("DISPLAY", "HOME")), *command(settings, flags)]
    watchdog = Watchdog(started, run, settings.browser, lambda _: time.sleep(0.05))
    thread = threading.Thread(target=watchdog.watch)
    thread.start()
    try:
        yield
    finally:
        watchdog.stop()
        thread.join()


def test_nobody_gets_out_of_the_kiosk(site: Site, tmp_path: Path) -> None:
    if reason := why_not():
        pytest.skip(reason)
    probe = tmp_path / "probe.html"
    probe.write_text(f'<img src="{site.origin}/escaped-file">')
    (tmp_path / "home").mkdir()
    with running_agent(tmp_path, origin=site.origin) as agent, screen() as env:
        env["HOME"] = str(tmp_path / "home")
        press = functools.partial(xdotool, env)
        use_kiosk_layout(tmp_path, env)
        settings = shipped_browser(
            tmp_path,
            Config(
                site.origin, AgentConfig(port=agent.port, run=str(tmp_path / "run")),
                browser=BrowserConfig(profile=str(tmp_path / "profile"), start_seconds=600, silence_seconds=600),
            ),
        )  # fmt: skip
        with watched_browser(settings, env):
            # What a page may try: a window, frames, a download.
            site.wait_for("/say?loaded")
            site.wait_for("/frame")
            assert "/say?window null" in site.asked
            # Keys, and a link that is dragged away: the page keeps the focus and stays in sight.
            press("mousemove", "500", "500", *(part for chord in CHORDS.values() for part in ("key", chord)))
            press("mousemove", "50", "50", "mousedown", "1")
            site.wait_for("/say?dragging", doing=lambda: press("mousemove_relative", "20", "20"))
            site.wait_for(
                "/say?key a visible",
                doing=lambda: press("mousemove", "500", "500", "mouseup", "1", "key", LETTER_A),
            )
            assert not {"/say?hidden", "/say?left"} & set(site.asked)
            # With an ordinary layout the same keys reach the browser: an empty tab comes up, and shows a refusal.
            subprocess.run(["setxkbmap", "-layout", "us"], env=env, check=True)
            press("key", f"{CTRL}+28")
            site.wait_for("/say?hidden")
            wait_for_title(env, "chrome://")
            # Addresses that reach the browser in whatever way: it opens the one of the paired server alone.
            source = f"view-source:{site.origin}/escaped-source"
            open_addresses(settings, env, f"file://{probe}", source, f"{site.origin}/own")
            site.wait_for("/own")
            # The window system closes the browser: the watchdog starts it again, at the kiosk's page.
            press("key", f"{ALT}+70")
            site.wait_for("/say?loaded", times=2)
            # A link to elsewhere shows Chromium's refusal; that page is silent, and the watchdog ends it.
            click = functools.partial(press, "mousemove", "50", "50", "click", "1")
            wait_for_title(env, "localhost", doing=click)
    assert site.escaped == []
    assert not [path for path in (tmp_path / "home").rglob("*") if path.suffix in (".bin", ".crdownload")]
    assert not policy.POLICY_FILE.exists()


def open_addresses(settings: Config, env: dict[str, str], *addresses: str) -> None:
    """Hand the addresses to the running browser, as a second start of it does."""
    profile = f"--user-data-dir={settings.browser.profile}"
    given = [settings.browser.program, "--no-sandbox", "--ozone-platform=x11", profile, *addresses]
    subprocess.run(given, env=env, check=True, capture_output=True)


def xdotool(env: dict[str, str], *arguments: str) -> str:
    return subprocess.run(["xdotool", *arguments], env=env, capture_output=True, text=True).stdout


def wait_for_title(env: dict[str, str], *beginnings: str, doing: Callable[[], object] = lambda: None) -> None:
    titles: list[str] = []

    def shown() -> bool:
        doing()
        windows = xdotool(env, "search", "--onlyvisible", "--class", "chromium").split()
        titles[:] = [xdotool(env, "getwindowname", window) for window in windows]
        return any(title.startswith(beginnings) for title in titles)

    wait_until(shown, lambda: str(titles))
