"""Debian's buildah: makes the base, builds the image, and runs programs in a chroot of it."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.build.steps import ROOT, run

SUITE = "bookworm"
BASE, IMAGE = "localhost/bilheteria-base:test", "localhost/bilheteria:test"
# As in Debian's own container image: packages are not kept after they are installed.
CLEAN = 'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb || true"; };\n'


class Buildah:
    """Images and containers in a store below `folder`, until `close`. Raises SetupError."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._command = ["buildah", "--root", str(folder / "store"), "--runroot", str(folder / "run")]
        self._container = ""

    def make_base(self) -> None:
        """Make the image that stands for Debian's, by debootstrap."""
        root = self._folder / "base"
        run(["debootstrap", "--variant=minbase", SUITE, root], "debootstrap failed: is there a network?")
        (root / "etc/apt/apt.conf.d/docker-clean").write_text(CLEAN)
        for package in (root / "var/cache/apt/archives").glob("*.deb"):
            package.unlink()
        base = self._output("from", "scratch")
        self._run("add", base, str(root), "/")
        self._run("commit", "--rm", base, BASE)

    def build(self, options: Sequence[str]) -> None:
        """Build the image `app` of the Dockerfile, and make a container of it."""
        build = ["bud", "--isolation", "chroot", "--format", "docker", "--pull-never"]
        self._run(*build, "--build-arg", f"DEBIAN={BASE}", *options, "-t", IMAGE, str(ROOT))
        self._container = self._output("from", "--pull-never", IMAGE)

    def mount(self) -> Path:
        """The folder with the container's files."""
        return Path(self._output("mount", self._container))

    def megabytes(self) -> float:
        """The size of the container's files."""
        done = subprocess.run(["du", "-sxm", self.mount()], capture_output=True, text=True, check=True)
        return float(done.stdout.split()[0])

    def start(
        self, command: Sequence[str], env: Mapping[str, str], volumes: Sequence[Path], log: Path
    ) -> subprocess.Popen[bytes]:
        """Start a command in the container, as its account; `volumes` have the same path there."""
        options = [word for name, text in env.items() for word in ("--env", f"{name}={text}")]
        options += [word for path in volumes for word in ("--volume", f"{path}:{path}")]
        words = [*self._command, "run", "--isolation", "chroot", *options, self._container, "--", *command]
        with log.open("ab") as output:
            return subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=output, stderr=output, process_group=0
            )

    def close(self) -> None:
        """Remove the containers."""
        subprocess.run([*self._command, "rm", "--all"], capture_output=True)

    def _run(self, *words: str) -> None:
        run([*self._command, *words], f"buildah {words[0]} failed")

    def _output(self, *words: str) -> str:
        done = subprocess.run([*self._command, *words], capture_output=True, text=True, check=True)
        return done.stdout.strip()
