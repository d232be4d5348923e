"""A process of its own and all that it starts: none of them outlives its end, its time, or the worker's."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import suppress

LOOK_EVERY_S = 0.5
GRACE_S = 5.0
"""To tidy up after itself: the worker has ten seconds to end in."""


class CutShort(Exception):
    """It was ended before its time: the message says why, in a few words."""


def run_apart(
    command: Sequence[str], *, within_s: float, ending: threading.Event, nice: int = 0
) -> tuple[int, str, str]:
    """Its exit status, what it printed and what it said. Raises CutShort after `within_s`, or once `ending` is set.

    It leads a process group: a tool that it started would go on writing after it was killed, and nobody waited for it.
    """
    with subprocess.Popen(  # noqa: S603
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    ) as process:
        try:
            if nice:
                os.setpriority(os.PRIO_PROCESS, process.pid, nice)
            return _awaited(process, within_s, ending)
        finally:
            _end(process)


def _awaited(
    process: subprocess.Popen[str], within_s: float, ending: threading.Event
) -> tuple[int, str, str]:
    until = time.monotonic() + within_s
    while True:
        try:
            printed, said = process.communicate(timeout=LOOK_EVERY_S)
            return process.returncode, printed, said
        except subprocess.TimeoutExpired:
            if process.poll() is not None:  # what it left behind holds its pipes
                _signal(process, signal.SIGKILL)
            elif ending.is_set():
                raise CutShort("stopped with the worker") from None
            elif time.monotonic() > until:
                raise CutShort(f"not done within {within_s / 60:.0f} minutes") from None


def _end(process: subprocess.Popen[str]) -> None:
    """All of the group, the gentle way first for the one that leads it."""
    if process.poll() is None:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_S)
    _signal(process, signal.SIGKILL)


def _signal(process: subprocess.Popen[str], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # none of the group is left
        os.killpg(process.pid, number)
