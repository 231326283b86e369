"""`make pictures`: draw docs/architecture.png and .svg, and the pictures beside it."""

from __future__ import annotations

import sys

from tools.build.steps import ROOT, VENV, say

# The icons are in a folder of their own: they need no version of a package that the box office has.
sys.path.append(str(VENV / "pictures"))


def main() -> int:
    from tools.pictures import aws, services, ticket

    pictures = {"architecture": aws, "architecture-ticket": ticket, "architecture-services": services}
    for name, module in pictures.items():
        module.draw().write(ROOT / "docs" / name)
        say(f"docs/{name}.png and .svg")
    return 0


if __name__ == "__main__":
    sys.exit(main())
