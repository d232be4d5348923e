"""How often a process of ours looks for garbage in cycles."""

from __future__ import annotations

import gc


def collect_rarely() -> None:
    """For a process that takes batches of tens of thousands of rows.

    They live to the batch's end and hold no cycles, but Python would walk through them again and again: a tenth of a
    batch's time. What is loaded by now is never walked through again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
