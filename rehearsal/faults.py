"""What goes wrong on purpose, how often, and how often it did. A fault that was never hit proves nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from threading import Lock

WIRE = ("http_500", "http_429", "slow", "cut", "truncated")
"""One answer over HTTP: refused, told to wait, dripped, closed too early, complete but broken off JSON."""
PAGE = ("page_shuffled", "page_overlap")
"""One page of events: in another order; with events of the page before once more."""
FILE = ("file_late", "file_resent_same", "file_resent_more", "file_overlap", "file_shuffled")
"""One bank file: hours late; written again as it was; first a part, then the whole under its name; with rows of the
file before once more; in another order."""
STREAM = ("event_reordered", "event_repeated")
"""One event of a pulled platform: let out after later ones; let out a second time."""
NAMES = WIRE + PAGE + FILE + STREAM


@dataclass(frozen=True, slots=True)
class Level:
    """How often. A deck of n holds each fault once and is dealt to its end: whatever can happen does."""

    wire_deck: int
    page_deck: int
    file_deck: int
    event_share: float  # of events reordered, and of events repeated
    delay_s: int  # how long a reordered event is held back, at most
    drip_s: float  # real seconds a slow answer takes


LEVELS = {
    "none": Level(wire_deck=0, page_deck=0, file_deck=0, event_share=0, delay_s=0, drip_s=0),
    "some": Level(wire_deck=60, page_deck=20, file_deck=20, event_share=0.01, delay_s=40, drip_s=2.0),
    "hard": Level(wire_deck=18, page_deck=6, file_deck=8, event_share=0.05, delay_s=300, drip_s=4.0),
}


class Faults:
    """Deals faults from shuffled decks and counts the hits. Safe to ask from several threads."""

    def __init__(self, level: Level, seed: int) -> None:
        self.level = level
        self.hits: Counter[str] = Counter(dict.fromkeys(NAMES, 0) if level != LEVELS["none"] else {})
        self._lock = Lock()
        self._seed = seed
        self._decks: dict[str, list[str | None]] = {}
        self._rngs: dict[str, Random] = {}

    def wire(self) -> str | None:
        """The fault this answer gets; all endpoints draw from one deck."""
        return self._deal("wire", WIRE, self.level.wire_deck)

    def page(self) -> str | None:
        return self._deal("page", PAGE, self.level.page_deck)

    def file(self, platform: str) -> str | None:
        """A deck for each platform: what one does cannot depend on another's files."""
        return self._deal(f"file/{platform}", FILE, self.level.file_deck)

    def hit(self, name: str, times: int = 1) -> None:
        if times:
            with self._lock:
                self.hits[name] += times

    def _deal(self, deck: str, names: Sequence[str], size: int) -> str | None:
        """The next card; None most of the time. The hit is counted by who plays it out."""
        if not size:
            return None
        with self._lock:
            cards = self._decks.setdefault(deck, [])
            if not cards:
                rng = self._rngs.setdefault(deck, Random(f"{self._seed}/{deck}"))
                cards += [*names, *[None] * (size - len(names))]
                rng.shuffle(cards)
            return cards.pop()
