"""Programs are restarted when they end, and end with their supervisor."""

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.children import Stopped, await_until
from deploy.supervisor import Program, Supervisor
from shared.rebuild import LOST

ROOT = Path(__file__).parents[2]


def a_program(name: str, code: str = "import time; time.sleep(60)", ready=lambda: True) -> Program:
    return Program(name, [sys.executable, "-S", "-c", code], dict(os.environ), ready)


def pid_of(folder: Path, name: str) -> int:
    file = folder / f"run/{name}.pid"
    return int(file.read_text()) if file.exists() else 0


@pytest.fixture
def watched(tmp_path):
    """A supervisor of two programs, watching in a thread."""
    said, wanted = [], threading.Event()
    supervisor = Supervisor(tmp_path, say=said.append)
    supervisor.start(a_program("first"), a_program("second"))
    thread = threading.Thread(target=supervisor.watch, args=(lambda: not wanted.is_set(), 0.01))
    thread.start()
    yield tmp_path, said
    wanted.set()
    thread.join()
    supervisor.stop()


def test_killed_program_is_started_again_alone(watched):
    folder, said = watched
    first, second = pid_of(folder, "first"), pid_of(folder, "second")

    os.kill(first, signal.SIGKILL)

    await_until(lambda: pid_of(folder, "first") not in {0, first}, "first again", limit=5)
    assert pid_of(folder, "second") == second
    assert said[0].startswith("first ended (signal 9): starting it again.")


def test_program_that_stands_back_does_so_among_all_programs_and_not_only_in_its_own_session(tmp_path):
    polite = replace(a_program("polite"), niceness=5)
    supervisor = Supervisor(tmp_path)
    supervisor.start(polite, a_program("other"))
    try:
        pids = [pid_of(tmp_path, name) for name in ("polite", "other")]
        await_until(lambda: os.getpriority(os.PRIO_PROCESS, pids[0]) == 5, "its niceness", limit=5)
        assert os.getpriority(os.PRIO_PROCESS, pids[1]) == os.getpriority(os.PRIO_PROCESS, 0)
        group = Path(f"/proc/{pids[0]}/autogroup")
        if group.exists():
            assert group.read_text().endswith("nice 5\n")
    finally:
        supervisor.stop()


def test_held_program_stays_down_until_let_go(watched):
    folder, said = watched
    first = pid_of(folder, "first")
    hold = folder / "run/first.hold"

    hold.touch()
    os.kill(first, signal.SIGKILL)
    await_until(lambda: bool(said), "the end of first", limit=5)
    assert pid_of(folder, "first") == 0

    hold.unlink()
    await_until(lambda: pid_of(folder, "first") not in {0, first}, "first again", limit=5)


def test_program_that_ends_at_once_says_why(tmp_path):
    supervisor = Supervisor(tmp_path)

    with pytest.raises(Stopped, match=r"(?s)broken ended with code 3.*no such thing"):
        supervisor.start(a_program("broken", "print('no such thing'); raise SystemExit(3)", ready=lambda: False))


def test_program_whose_database_was_lost_is_named_with_what_to_type(tmp_path):
    said = []
    supervisor = Supervisor(tmp_path, say=said.append)
    program = a_program("programme", f"raise SystemExit({LOST})")
    program.if_lost = "manage rebuild programme"
    supervisor.start(program)
    supervisor.watch(lambda: not said, 0.01)
    supervisor.stop()

    assert said[0].startswith("programme ended (its database was lost; `manage rebuild programme` brings it back")


ENDING = """
import os, signal, sys, time
from pathlib import Path
folder, name, wanted = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
def end(*_):
    (folder / f"{name}.asked").touch()
    while len(list(folder.glob("service*.asked"))) < wanted:
        time.sleep(0.01)
    os._exit(0)
signal.signal(signal.SIGTERM, end)
(folder / f"{name}.ready").touch()
time.sleep(60)
"""
"""Ends by itself once the services were all asked to."""


def test_those_started_together_are_asked_together_and_those_they_stand_on_after_them(tmp_path):
    """One after the other, a cluster took longer to stop than anybody waits."""

    def ending(name: str) -> Program:
        command = [sys.executable, "-S", "-c", ENDING, str(tmp_path), name, "3"]
        return Program(name, command, dict(os.environ), (tmp_path / f"{name}.ready").exists, patience=5)

    supervisor = Supervisor(tmp_path)
    server, services = ending("server"), [ending(f"service{number}") for number in range(3)]
    supervisor.start(server)
    supervisor.start(*services)
    supervisor.stop()

    assert [one.child.returncode for one in (server, *services)] == [0] * 4
    last = max((tmp_path / f"{one.name}.asked").stat().st_mtime_ns for one in services)
    assert (tmp_path / "server.asked").stat().st_mtime_ns > last


def test_programs_end_with_a_killed_supervisor(tmp_path):
    code = (
        "import time; from pathlib import Path; from tests.deploy.test_supervisor import *;"
        f"Supervisor(Path({str(tmp_path)!r})).start(a_program('orphan')); time.sleep(60)"
    )
    supervisor = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    await_until(lambda: pid_of(tmp_path, "orphan") > 0, "orphan")
    orphan = pid_of(tmp_path, "orphan")

    supervisor.kill()
    supervisor.wait()

    await_until(lambda: not running(orphan), "the end of orphan", limit=5)


def running(pid: int) -> bool:
    """Whether the process runs: a zombie nobody collects does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
