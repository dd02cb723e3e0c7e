"""What the figures were measured on: the machine, and the versions of what runs."""

import os
import platform
import subprocess
import time
from importlib.metadata import version
from pathlib import Path

from deploy.programs import find

PACKAGES = ("fastapi", "uvicorn", "uvloop", "httptools", "motor", "pymongo", "nats-py", "faststream", "typst")
SERVERS = {"mongod": "--version", "caddy": "version", "nats-server": "--version"}
"""What each is asked for its version."""


def machine() -> str:
    """One line."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if "model name" in line), platform.machine())
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return f"{os.cpu_count()} cores of {model}, {gigabytes:.0f} GB, {platform.system()} {platform.release()}"


def company() -> str:
    """How much else goes on, and how quick the processor is now: a figure with company is no figure of ours."""
    begun, total = time.perf_counter(), 0
    for number in range(10_000_000):
        total += number
    pace = time.perf_counter() - begun
    return f"{os.getloadavg()[0]:.1f} processes wanted the processor before it; Python adds 10 million in {pace:.2f} s"


def versions() -> str:
    """One line."""
    servers = [f"{name} {_first(_asked(name, word))}" for name, word in SERVERS.items()]
    packages = [f"{name} {version(name)}" for name in PACKAGES]
    return ", ".join([f"Python {platform.python_version()}", *servers, *packages])


def commit() -> str:
    """The state that runs; `+` when something of it is not committed."""
    name = _git("rev-parse", "--short", "HEAD")
    return name + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], capture_output=True, text=True, check=False).stdout.strip()  # noqa: S607 - the system's


def _asked(name: str, word: str) -> str:
    return subprocess.run([find(name), word], capture_output=True, text=True, check=False).stdout


def _first(text: str) -> str:
    """The first word with a number."""
    return next((word.strip("v,") for word in text.split() if any(sign.isdigit() for sign in word)), "?")
