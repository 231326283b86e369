"""Measures of the front end: compressed bytes of scripts and styles, and Lighthouse scores of pages."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from tools.bench.http import Browser
from tools.build.system import find_browser

HERE = Path(__file__).resolve().parent
LIGHTHOUSE = HERE / "node_modules" / "lighthouse" / "cli" / "index.js"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
_FILES = re.compile(r'(?:src|href)="(/static/[^"]+\.(?:js|css))"')


async def compressed_bytes(browser: Browser, path: str) -> int:
    """Bytes of JS and CSS that a first visit to `path` fetches, as the server compresses them."""
    page = await browser.get(path)
    total = 0
    for name in sorted(set(_FILES.findall(page.text))):
        head = await browser.get(name, encoding="br")
        total += len(head.body)
    return total


def lighthouse(url: str, cookie: str = "") -> dict[str, int] | None:
    """Scores of 0 to 100 by category, mobile preset; None where Lighthouse or a Chromium is missing."""
    node = shutil.which("node")
    chromium = find_browser()
    if node is None or not LIGHTHOUSE.exists() or chromium is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [node, str(LIGHTHOUSE), url, "--quiet", "--output=json", f"--output-path={report}"]
        command += [f"--only-categories={','.join(CATEGORIES)}"]
        command += [
            "--chrome-flags=--headless=new --no-sandbox --disable-gpu --disable-background-networking"
        ]
        if cookie:
            command.append(f"--extra-headers={json.dumps({'Cookie': cookie})}")
        env = os.environ | {"CHROME_PATH": str(chromium), "CI": "1"}
        subprocess.run(command, env=env, capture_output=True, timeout=180, check=False)
        if not report.exists():
            return None
        found = json.loads(report.read_text())["categories"]
    return {name: round((found[name]["score"] or 0) * 100) for name in CATEGORIES if name in found}
