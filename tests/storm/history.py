"""What every client asked for and what it was told, as JSON lines: a line when it asks, another when it knows.

An operation ends as `ok`, as `refused` with a code, or as `unknown`: no answer came, or one that leaves open whether
an earlier attempt had been carried out.
"""

import json
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Operation:
    """One thing a client wanted. `about` names what it wrote, so that it can be looked for afterwards."""

    number: int
    kind: str
    about: dict[str, Any]
    outcome: str = "unknown"
    code: str = ""
    answer: dict[str, Any] = field(default_factory=dict)
    unanswered: int = 0
    """Attempts that got no answer, or a server's error."""

    @property
    def is_ok(self) -> bool:
        return self.outcome == "ok"


class History:
    """The file, and the operations in memory. Several threads may write."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._file = file.open("a")
        self._lock = threading.Lock()
        self.operations: list[Operation] = []

    def invoke(self, kind: str, about: dict[str, Any]) -> Operation:
        """Somebody is about to ask."""
        with self._lock:
            operation = Operation(len(self.operations), kind, about)
            self.operations.append(operation)
            self._write({"event": "invoked", "number": operation.number, "kind": kind, "about": about})
        return operation

    def end(self, operation: Operation, outcome: str, code: str = "", answer: dict[str, Any] | None = None) -> None:
        """They know what became of it, or gave up."""
        operation.outcome, operation.code, operation.answer = outcome, code, answer or {}
        known = {
            name: getattr(operation, name) for name in ("number", "kind", "unanswered", "outcome", "code", "answer")
        }
        with self._lock:
            self._write({"event": "ended", **known})

    def close(self) -> None:
        self._file.close()

    def _write(self, line: dict[str, Any]) -> None:
        self._file.write(json.dumps({"at": round(time.time(), 3), **line}, ensure_ascii=False) + "\n")
        self._file.flush()


def read(file: Path) -> list[Operation]:
    """The operations of a history; one that never ended is unknown."""
    found: dict[int, Operation] = {}
    for line in file.read_text().splitlines():
        event = json.loads(line)
        if event["event"] == "invoked":
            found[event["number"]] = Operation(event["number"], event["kind"], event["about"])
            continue
        operation = found[event["number"]]
        operation.outcome, operation.code, operation.answer = event["outcome"], event["code"], event["answer"]
        operation.unanswered = event["unanswered"]
    return [found[number] for number in sorted(found)]
