"""Near-duplicates: reposts of one text are one event, however often it was passed on, cut short or commented.

Measured (opinion.md section 8): simhash misses 98 % of reposts with a comment; the containment of character 3-grams
after normalising finds all of them. Opposites look alike too (没抢到 / 抢到), so what differs is read before merging.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from itertools import pairwise

CONTAINED = 0.7
"""Share of the shorter text's 3-grams that the longer one must hold."""
SHORT = 25
"""Below so many characters only the same text is a repost: too little is left to tell two texts apart."""
FEW = 15
"""With fewer different 3-grams a text is one syllable over and over, and everybody's."""
READ = 400
"""Characters compared at most."""

BREAK = "|"
_RELAY = re.compile(r"//\s*@[^:\s]{1,40}\s*:|\s-\s*转发\s*(?:@[^:\s]{1,40}\s*:)?|^转发微博|^转发:")
_NOISE = re.compile(r"(?:\.{3}|…)\s*全文|https?://\S+|@[^\s:,.!?/|]{1,40}|\[[^\[\]\s]{1,8}\]")
_CANDIDATES = 20
_COMMON = 4_000  # a 3-gram of so many events tells nothing of any

_NEGATION = re.compile("[没不未无别非勿莫]|拒绝|难以|禁止")
_OPPOSITES = (
    ("成功", "失败"), ("支持", "反对"), ("方便", "麻烦"), ("满意", "失望"), ("通过", "驳回"), ("喜欢", "讨厌"),
    ("便宜", "贵"), ("可以", "拒"), ("允许", "禁"), ("涨", "降"), ("涨", "跌"), ("升", "降"), ("增", "减"),
    ("多", "少"), ("好", "差"), ("好", "坏"), ("好", "烂"), ("快", "慢"), ("开", "关"), ("真", "假"),
    ("顺利", "卡"), ("开心", "难过"), ("赞", "踩"), ("退了", "拒退"), ("恢复", "暂停"), ("恢复", "崩"), ("正常", "崩"),
    ("有", "没"), ("容易", "难"), ("开始", "停止"), ("公平", "内定"), ("属实", "谣言"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One post as far as it matters here."""

    post_id: int
    text: str
    label: str | None
    county: str | None
    at: datetime


@dataclass(slots=True)
class _Event:
    event_id: int
    text: str
    grams: frozenset[str]
    label: str | None
    county: str | None
    at: datetime


def normalised(text: str) -> str:
    """Letters, digits and Han characters alone; `BREAK` where one voice ends and the one it passes on begins."""
    text = unicodedata.normalize("NFKC", text).lower()
    text = _NOISE.sub(" ", _RELAY.sub(BREAK, text))
    kept = "".join(c for c in text if c.isalnum() or c == BREAK)
    return BREAK.join(part for part in kept.split(BREAK) if part)[:READ]


def trigrams(normal: str) -> frozenset[str]:
    return frozenset(normal[i : i + 3] for i in range(len(normal) - 2))


def containment(a: frozenset[str], b: frozenset[str]) -> float:
    """Share of the smaller set that the larger one holds; 0 where one is empty."""
    least = min(len(a), len(b))
    return len(a & b) / least if least else 0.0


def are_opposites(a: str, b: str) -> bool:
    """Whether what differs between two normalised texts turns the one into the other's opposite."""
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    return any(_turns(x, y) for x, y in _differences(a, b, matcher))


def _differences(a: str, b: str, matcher: SequenceMatcher[str]) -> Iterator[tuple[str, str]]:
    """What stands in the one and not in the other, from just before the first shared piece to just after the last.

    A whole voice before or after the shared text is a comment, not a change of it: only the two characters next to
    it, if no break lies between, can turn it.
    """
    blocks = [block for block in matcher.get_matching_blocks() if block.size]
    if not blocks:
        return
    first = blocks[0]
    yield _before(a, first.a), _before(b, first.b)
    for one, two in pairwise(blocks):
        yield a[one.a + one.size : two.a], b[one.b + one.size : two.b]
    last = blocks[-1]
    rest = a[last.a + last.size :][:2], b[last.b + last.size :][:2]
    if all(rest):  # where only one goes on, the other was cut
        yield rest


def _before(text: str, start: int) -> str:
    return text[max(0, start - 2) : start].rpartition(BREAK)[2]


def _turns(x: str, y: str) -> bool:
    if len(_NEGATION.findall(x)) % 2 != len(_NEGATION.findall(y)) % 2:
        return True
    return any((p in x and q in y) or (q in x and p in y) for p, q in _OPPOSITES)


class Events:
    """The events of a window, kept in memory: `join` says to which one a post belongs. For one thread."""

    def __init__(self, known: Iterable[Told] = ()) -> None:
        """`known`: the first post of each event there is."""
        self._events: dict[int, _Event] = {}
        self._same: dict[str, list[int]] = defaultdict(list)
        self._holding: dict[str, list[int]] = defaultdict(list)
        for told in known:
            self._open(told, normalised(told.text))

    def __len__(self) -> int:
        return len(self._events)

    def join(self, told: Told) -> int:
        """The event's id: that of its first post, `told` itself where nothing known is like it."""
        normal = normalised(told.text)
        found = self._like(told, normal)
        if found is None:
            return self._open(told, normal).event_id
        found.label = found.label or told.label
        found.county = found.county or told.county
        found.at = max(found.at, told.at)
        return found.event_id

    def forget(self, before: datetime) -> None:
        """Let go of events nobody has passed on since."""
        gone = {number for number, event in self._events.items() if event.at < before}
        if not gone:
            return
        for number in gone:
            del self._events[number]
        for index in (self._same, self._holding):
            for key in list(index):
                kept = [number for number in index[key] if number not in gone]
                if kept:
                    index[key] = kept
                else:
                    del index[key]

    def _like(self, told: Told, normal: str) -> _Event | None:
        same = (self._events[number] for number in self._same.get(normal, ()))
        exact = next((event for event in same if _compatible(event, told)), None)
        grams = trigrams(normal)
        if exact is not None or len(normal) < SHORT or len(grams) < FEW:
            return exact
        scored = (
            (containment(grams, event.grams), -event.event_id, event)
            for event in self._candidates(grams)
            if _compatible(event, told)
        )
        close = sorted((s for s in scored if s[0] >= CONTAINED), key=lambda s: s[:2], reverse=True)
        return next((event for _, _, event in close if not are_opposites(event.text, normal)), None)

    def _candidates(self, grams: frozenset[str]) -> Iterator[_Event]:
        shared: Counter[int] = Counter()
        for gram in grams:
            holding = self._holding.get(gram, ())
            if len(holding) <= _COMMON:
                shared.update(holding)
        yield from (self._events[number] for number, _ in shared.most_common(_CANDIDATES))

    def _open(self, told: Told, normal: str) -> _Event:
        grams = trigrams(normal)
        if len(normal) < SHORT or len(grams) < FEW:
            grams = frozenset()
        event = _Event(told.post_id, normal, grams, told.label, told.county, told.at)
        self._events[event.event_id] = event
        self._same[normal].append(event.event_id)
        for gram in grams:
            self._holding[gram].append(event.event_id)
        return event


def _compatible(event: _Event, told: Told) -> bool:
    """Never across polarity or county, where both are known."""
    return all(
        None in (here, there) or here == there
        for here, there in ((event.label, told.label), (event.county, told.county))
    )
