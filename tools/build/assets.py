"""Builds the static files: bundles with a hash in their names, files of packages, and compressed copies.

    static/js/main.js, static/js/entry_*.js, static/css/main.css, static/css/entry_*.css
        -> static/dist/<name>.<hash>.{js,css} and static/dist/manifest.json: {"main.js": "dist/main.ABCD1234.js", …}
    node_modules -> static/vendor (fonts, htmx, the QR reader)

Run it again after a change: .venv/bin/python -m tools.build.assets
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import brotli

from tools.build.steps import ROOT, SetupError, run

STATIC = ROOT / "static"
DIST = STATIC / "dist"
VENDOR = STATIC / "vendor"
PACKAGES = ROOT / "node_modules"

VENDORED = {
    "@fontsource-variable/public-sans/files/public-sans-latin-wght-normal.woff2": "fonts/public-sans.woff2",
    "@fontsource-variable/public-sans/LICENSE": "fonts/public-sans.LICENSE.txt",
    "@fontsource-variable/league-gothic/files/league-gothic-latin-wdth-normal.woff2": "fonts/league-gothic.woff2",
    "@fontsource-variable/league-gothic/LICENSE": "fonts/league-gothic.LICENSE.txt",
    "htmx.org/dist/htmx.min.js": "htmx/htmx.min.js",
    "htmx.org/dist/ext/hx-sse.min.js": "htmx/hx-sse.min.js",
    "zxing-wasm/dist/iife/reader/index.js": "zxing/reader.js",
    "zxing-wasm/dist/reader/zxing_reader.wasm": "zxing/zxing_reader.wasm",
}
# Files that style sheets and scripts name by their address keep their names.
EXTERNAL = ("/static/*", "*.woff2", "*.svg", "*.png", "*.jpg", "*.webp", "*.wasm")
COMPRESSED = {".js", ".css", ".svg", ".wasm", ".json", ".webmanifest"}
WORTH_COMPRESSING = 512
KEPT_SECONDS = 24 * 3600  # an open page may still load the bundles of the previous build


def build() -> None:
    """Make static/vendor, static/dist and the compressed copies. Raises SetupError."""
    for source, target in VENDORED.items():
        copy = VENDOR / target
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(PACKAGES / source, copy)
    _bundle()
    for folder in (DIST, VENDOR, STATIC / "img"):
        for path in _files(folder):
            _compress(path)


def _entry_points() -> list[Path]:
    patterns = ("js/main.js", "js/entry_*.js", "css/main.css", "css/entry_*.css")
    return sorted(path for pattern in patterns for path in STATIC.glob(pattern))


def _bundle() -> None:
    DIST.mkdir(parents=True, exist_ok=True)
    entries = _entry_points()
    meta = DIST / f"meta.{os.getpid()}.json"
    if entries:
        flags = ["--bundle", "--minify", "--format=iife", "--target=es2022,chrome111,firefox115,safari16.4"]
        flags += [
            "--entry-names=[name].[hash]",
            f"--outdir={DIST}",
            f"--metafile={meta}",
            "--log-level=warning",
        ]
        flags += [f"--external:{pattern}" for pattern in EXTERNAL]
        run([_esbuild(), *entries, *flags], "the front-end could not be bundled")
    outputs = json.loads(meta.read_text())["outputs"] if entries else {}
    meta.unlink(missing_ok=True)
    manifest = {
        Path(about["entryPoint"]).name: f"dist/{Path(output).name}"
        for output, about in outputs.items()
        if "entryPoint" in about
    }
    unfinished = DIST / f"manifest.{os.getpid()}.json"
    unfinished.write_text(json.dumps(manifest, indent=1, sort_keys=True))
    unfinished.replace(DIST / "manifest.json")
    current = {Path(name).name for name in manifest.values()}
    for old in DIST.iterdir():
        if old.name.removesuffix(".gz").removesuffix(".br") not in {*current, "manifest.json"} and _is_old(
            old
        ):
            old.unlink(missing_ok=True)


def _esbuild() -> Path:
    """The path of the bundler, a program that runs without Node.js."""
    for program in sorted((PACKAGES / "@esbuild").glob("*/bin/esbuild")):
        return program
    raise SetupError("the front-end's packages are not installed: run make setup")


def _compress(path: Path) -> None:
    if path.suffix not in COMPRESSED or path.stat().st_size < WORTH_COMPRESSING:
        return
    twins = {path.with_name(path.name + ".gz"), path.with_name(path.name + ".br")}
    if all(twin.exists() and twin.stat().st_mtime >= path.stat().st_mtime for twin in twins):
        return
    content = path.read_bytes()
    path.with_name(path.name + ".gz").write_bytes(gzip.compress(content, 9, mtime=0))
    path.with_name(path.name + ".br").write_bytes(brotli.compress(content))


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _is_old(path: Path) -> bool:
    return time.time() - path.stat().st_mtime > KEPT_SECONDS


if __name__ == "__main__":
    try:
        build()
    except SetupError as error:
        sys.exit(str(error))
