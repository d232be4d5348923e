"""What people know of an alert, and what is news to them: a graver level, or twice as much of the same.

Noted is what they were last told of, or had before them when they judged. A count that dances around what they have
noted is no news, and neither is what comes back milder than that.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.readings import GRAVITY, Level

DOUBLED = 2


@dataclass(frozen=True, slots=True)
class Look:
    """What a rule found at one look. `volume`: of what it counts, voices, interactions or records."""

    level: Level
    volume: int

    def is_worse_than(self, noted: Look) -> bool:
        """Graver, or no milder and twice as much."""
        if GRAVITY[self.level] != GRAVITY[noted.level]:
            return GRAVITY[self.level] > GRAVITY[noted.level]
        return self.volume >= DOUBLED * max(noted.volume, 1)


def judged(look: Look, noted: Look, *, level: Level, by_hand: bool, given: Level | None) -> Look:
    """What is noted once a person has judged: what is to be seen now, and a level of their own.

    What was noted before stands beside it until the rule itself has let the level fall, and where a case is concluded
    at a level that a person gave it. `level` and `by_hand`: of the alert before. `given`: the level it gets; None: it
    is concluded.
    """
    theirs = [given] if given is not None else [level]
    if not by_hand:
        theirs.append(level)  # the rule's own, which falls only when a fall has lasted
    now = Look(max((look.level, *theirs), key=GRAVITY.__getitem__), look.volume)
    stands = given is None if by_hand else GRAVITY[level] >= GRAVITY[noted.level]
    return max(noted, now, key=_weight) if stands else now


def _weight(look: Look) -> tuple[int, int]:
    return GRAVITY[look.level], look.volume
