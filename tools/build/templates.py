"""Compiles the templates of the pages, so that a web server need not do it at each start.

.venv/bin/python -m tools.build.templates
"""

from __future__ import annotations

import shutil
import sys

from jinja2 import FileSystemBytecodeCache

from app import create_app
from app.core.config import Settings
from app.web.compiled_templates import FOLDER


def main() -> int:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    templates = create_app(Settings()).jinja_env
    templates.bytecode_cache = FileSystemBytecodeCache(str(FOLDER))
    for name in templates.list_templates(extensions=["html"]):
        templates.get_template(name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
