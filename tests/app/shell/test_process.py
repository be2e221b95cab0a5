"""The program as a process of its own: it starts, it ends when the system asks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

CODE = """
import sys
from PySide6.QtCore import QTimer
from tusk_app import app
shown = app.Program.show
def show(self):
    shown(self)
    QTimer.singleShot(0, lambda: print("shown", flush=True))
app.Program.show = show
sys.exit(app.run(sys.argv[1:]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no POSIX signals")
@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_the_system_can_ask_it_to_end(kind: signal.Signals, tusk_home: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", CODE],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TUSK_HOME": str(tusk_home)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "shown\n"
    process.send_signal(kind)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, out + err
    log = (tusk_home / "logs" / "tusk.log").read_text()
    assert "asked to end" in log
    assert "Traceback" not in log


PREPARE = """
import sys
from tusk_app.engine.requests import PrepareRequest, RequestBox
from tusk_app.engine.worker import InferenceWorker
box = RequestBox()
box.put(PrepareRequest())
worker = InferenceWorker(box, list_devices=lambda: ())
later = {"pyqtgraph", "scipy.optimize"}
worker.answered.connect(lambda _: print("at the answer:", *later & set(sys.modules)))
worker.work()
print("afterwards:", *sorted(later & set(sys.modules)))
"""


def test_what_panels_compute_with_is_loaded_in_the_background() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PREPARE], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["at the answer:", "afterwards: pyqtgraph scipy.optimize"]
