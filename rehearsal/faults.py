"""What goes wrong on purpose, how often, and how often it did. A fault that was never hit proves nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from threading import Lock

WIRE = ("http_500", "http_429", "slow", "cut", "truncated")
"""One answer over HTTP: refused, told to wait, dripped, closed too early, complete but broken off JSON."""
LIES = ("html", "empty")
"""One answer with status 200: a page for people where JSON was promised; nothing at all."""
PAGE = ("page_shuffled", "page_overlap")
"""One page of events: in another order; shifted, with events of the page before once more."""
EDGE = ("page_short", "page_equal_edge")
"""One page of events: fewer than asked for though more follow; ending between two events of the same second."""
FILE = ("file_late", "file_resent_same", "file_resent_more", "file_overlap", "file_shuffled")
"""One bank file: hours late; written again as it was; first a part, then the whole under its name; with rows of the
file before once more; in another order."""
DAMAGE = ("file_partial", "file_garbled")
"""One bank file: half of it long before the rest and its flag; flagged, but with bytes nobody can read, and sent again
right an hour or two later."""
STREAM = ("event_reordered", "event_repeated")
"""One event of a pulled platform: let out after later ones; let out a second time."""
CALLBACK = ("callback_lost", "callback_reordered", "callback_repeated", "callback_probe")
"""One callback: never sent; after later ones; twice; beside it one with a wrong signature."""
SELDOM = (
    "token_expired",
    "link_expired",
    "bill_link_expired",
    "clock_skewed",
    "answer_misdated",
    "event_unmapped",
    "event_bad_money",
    "row_unmapped",
    "row_bad_money",
    "bill_row_unmapped",
    "bill_row_bad_money",
    "stock_unmapped",
)
"""Counted out, not drawn, so that the first chance is taken. A token or a file's address that ends before its time; a
source whose clock is ten minutes off; an answer signed ten minutes ago; an event, a row of a bank's file or of a bill,
or a whole stock that belongs to nobody's sub-project; an amount that is none. What belongs to nobody or has no amount
is no part of the truth: it never happened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """What goes wrong and how often. A deck of n holds each of its faults once and is dealt to its end: whatever can
    happen does."""

    wire: tuple[str, ...] = WIRE
    wire_deck: int = 0
    page: tuple[str, ...] = PAGE
    page_deck: int = 0
    file: tuple[str, ...] = FILE
    file_deck: int = 0
    event_share: float = 0  # of events reordered, and of events repeated
    delay_s: int = 0  # how long a reordered event is held back, at most
    drip_s: float = 0  # real seconds a slow answer takes
    seldom: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every fault of this level; none for the level where nothing goes wrong."""
        if not self.wire_deck and not self.event_share:
            return ()
        return (*self.wire, *self.page, *self.file, *STREAM, *CALLBACK, *self.seldom)


LEVELS = {
    "none": Level(),
    "some": Level(wire_deck=60, page_deck=20, file_deck=20, event_share=0.01, delay_s=40, drip_s=2.0),
    "hard": Level(
        wire=WIRE + LIES,
        wire_deck=25,
        page=PAGE + EDGE,
        page_deck=10,
        file=FILE + DAMAGE,
        file_deck=10,
        event_share=0.05,
        delay_s=300,
        drip_s=3.0,
        seldom=SELDOM,
    ),
}


class Faults:
    """Deals faults and counts the hits. Safe to ask from several threads."""

    def __init__(self, level: Level, seed: int) -> None:
        self.level = level
        self.hits: Counter[str] = Counter(dict.fromkeys(level.names, 0))
        self._lock = Lock()
        self._seed = seed
        self._decks: dict[str, list[str | None]] = {}
        self._rngs: dict[str, Random] = {}
        self._asked: Counter[str] = Counter()

    def wire(self) -> str | None:
        """The fault this answer gets; all endpoints draw from one deck."""
        return self._deal("wire", self.level.wire, self.level.wire_deck)

    def page(self) -> str | None:
        return self._deal("page", self.level.page, self.level.page_deck)

    def file(self, platform: str) -> str | None:
        """A deck for each platform: what one does cannot depend on another's files."""
        return self._deal(f"file/{platform}", self.level.file, self.level.file_deck)

    def turn(self, name: str, *, every: int, of: str = "") -> bool:
        """Whether a seldom fault strikes now, which is counted: at the first chance, then at every `every`th.

        `of`: whose chances are counted, where several have the same fault.
        """
        if name not in self.level.seldom:
            return False
        with self._lock:
            chance = self._asked[f"{name}/{of}"]
            self._asked[f"{name}/{of}"] += 1
            strikes = chance % every == 0
            self.hits[name] += strikes
        return strikes

    def mend(self) -> None:
        """From now on every answer arrives as it was sent. What happened already stays hit, and stays out of order."""
        self.level = replace(self.level, wire_deck=0, page_deck=0, seldom=())

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
