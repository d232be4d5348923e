"""How long a thread of ours keeps the interpreter while another waits for it."""

from __future__ import annotations

import sys

TURN_S = 0.0005


def take_short_turns() -> None:
    """For a process in which a picture must not wait for a paper.

    A thread that asks the database gives the interpreter away thirty times a picture, and gets it back when the one
    that has it is asked to hand it over: after 5 ms, if nobody says otherwise. That made 50 ms of work a third of a
    second while another job was at it.
    """
    sys.setswitchinterval(TURN_S)
