"""Named places where a test may kill the process, once each.

`FAILPOINTS` names a folder. A process that reaches `reach("after-commit")` while the file
`<folder>/<service>.after-commit` exists removes the file and sends itself SIGKILL. Without the
variable nothing is looked up.
"""

import os
import signal
from pathlib import Path

_FOLDER = os.environ.get("FAILPOINTS")
_SERVICE = os.environ.get("SERVICE", "")


def reach(name: str) -> None:
    """Die here if a test armed this place."""
    if _FOLDER is None:
        return
    armed = Path(_FOLDER) / f"{_SERVICE}.{name}"
    try:
        armed.unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
