"""What an alert of posts gathers while it lasts.

Its rule looks at a moving window: an hour later it finds the tail of what the alert is about, and in the end the last
few voices. Who opens the alert then must still find what raised it.
"""

from __future__ import annotations

from collections.abc import Sequence

FIRST_KEPT = 100
"""Posts that raised the alert. They stay, however many follow."""

LAST_KEPT = 300
"""Not fewer than a rule names at one look: what is in neither the old list nor dropped from it is new."""


def gathered(
    before: Sequence[str], before_count: int, found: Sequence[str], found_count: int
) -> tuple[tuple[str, ...], int]:
    """The evidence after one more look, oldest first, and how many posts it has ever been.

    Counts are of all posts, of which some are listed.
    """
    known = frozenset(before)
    new = [one for one in found if one not in known]
    listed = (*before, *new)
    if len(listed) > FIRST_KEPT + LAST_KEPT:
        listed = listed[:FIRST_KEPT] + listed[-LAST_KEPT:]
    return listed, max(before_count + len(new), found_count)
