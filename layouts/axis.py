"""Where the axis of a rush ends: one minute of release must not flatten the day."""

from collections.abc import Sequence

_NICE = (10, 12, 16, 20, 30, 40, 50, 60, 80, 100)
_RUSH = 2.5  # a peak this many times the busy level is cut off and written out
_HEADROOM = 1.7  # above the busy level, for the text of the peaks that are cut off


def axis_cap(claimed: Sequence[int], redeemed: Sequence[int]) -> int:
    """Top of the axis: the largest value, or, in a rush, a round figure above what 97 of 100 minutes stay under."""
    ordered = sorted((*claimed, *redeemed))
    most, busy = ordered[-1], ordered[int(len(ordered) * 0.97) - 1 if len(ordered) > 1 else 0]
    return nice(busy * _HEADROOM) if most > _RUSH * max(busy, 4) else nice(most * 1.08)


def nice(value: float) -> int:
    """The next round even figure, at least 10."""
    size = 1
    while True:
        for step in _NICE:
            if step * size >= value:
                return step * size
        size *= 10
