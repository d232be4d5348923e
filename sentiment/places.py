"""Which county a post is about: its names, a shop of the register, else the feed's own county. Never guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from domain.campaign import Campaign
from domain.placing import PlacedBy
from sentiment.phrases import Phrases
from sentiment.polarity import cut
from sentiment.words import campaign_words, prepare, read_list

_SUFFIXES = ("自治县", "区", "县", "市", "旗")
_SHORTEST = 2  # 沁县 without its 县 would be one character
_SHORTEST_MERCHANT = 4  # 老王 is no shop's name
_PAPERS = ("晚报", "日报", "早报", "时报", "梆子")  # 上党晚报 is the whole city's, and so is its opera


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """`counties`: every one that is named. `county`: the one it is about; None: unknown or several."""

    counties: tuple[str, ...] = ()
    county: str | None = None
    by: PlacedBy | None = None


NOWHERE = Place()


class CountyNames:
    """The names of the campaign's counties: full, without 区 or 县 where that is no everyday word, and former ones."""

    def __init__(self, campaign: Campaign, merchants: Mapping[str, str] | None = None) -> None:
        """`merchants`: name -> division code, from the campaign's register. Names that read alike in two counties, and
        names of fewer than four characters, tell nothing.
        """
        common = set(read_list("common_places.txt"))
        names: dict[str, dict[str, PlacedBy]] = {}
        for division in campaign.division:
            if division.code == campaign.campaign.city_code:
                continue
            for name, by in ((division.name, PlacedBy.NAME), (_short(division.name), PlacedBy.SHORT_NAME)):
                if len(name) >= _SHORTEST and name not in common:
                    names.setdefault(name, {}).setdefault(division.code, by)
        for line in read_list("old_places.txt"):
            code, name = line.split("\t")
            if code in campaign.divisions:
                names.setdefault(name, {})[code] = PlacedBy.FORMER_NAME
        self._codes = {name: codes.popitem() for name, codes in names.items() if len(codes) == 1}
        # the city's own name (长治市) must not be read as the start of a county's (长治县)
        papers = (name + paper for name in self._codes for paper in _PAPERS)
        self.phrases = Phrases((*self._codes, *papers, campaign.campaign.city_name))
        shops: dict[str, set[str]] = {}
        for name, code in (merchants or {}).items():
            if code in campaign.divisions and len(prepared := prepare(name)) >= _SHORTEST_MERCHANT:
                shops.setdefault(prepared, set()).add(code)
        self._merchants = {name: codes.pop() for name, codes in shops.items() if len(codes) == 1}
        self.shops = Phrases(self._merchants)

    def place(
        self,
        prepared: str,
        feed_county: str | None = None,
        found: tuple[Sequence[str], Sequence[str]] | None = None,
        words: Sequence[str] | None = None,
    ) -> Place:
        """A county that is named outweighs a shop, a shop outweighs the feed. `found`: names and shops, where somebody
        has looked already; `words`: of the same text, as `cut` leaves them.
        """
        names, shop_names = found or (self.phrases.found(prepared), self.shops.found(prepared))
        named = self._named(names, cut(prepared) if words is None else words)
        if named:
            return _one(named)
        shops = {self._merchants[name]: PlacedBy.MERCHANT for name in shop_names}
        if shops:
            return _one(shops)
        return Place(county=feed_county, by=PlacedBy.FEED) if feed_county else NOWHERE

    def named(self, prepared: str) -> tuple[str, ...]:
        """Division codes in order of first mention; empty where none is named."""
        return tuple(self._named(self.phrases.found(prepared), cut(prepared)))

    def _named(self, names: Sequence[str], words: Sequence[str]) -> dict[str, PlacedBy]:
        found: dict[str, PlacedBy] = {}
        for name in names:
            code, by = self._codes.get(name, ("", PlacedBy.NAME))
            if code and (by is not PlacedBy.SHORT_NAME or _is_said(name, words)):
                found[code] = max(found.get(code, by), by, key=lambda known: known.confidence)
        return found


def _one(found: Mapping[str, PlacedBy]) -> Place:
    counties = tuple(found)
    if len(counties) > 1:
        return Place(counties=counties)
    return Place(counties=counties, county=counties[0], by=found[counties[0]])


def _is_said(name: str, words: Sequence[str]) -> bool:
    """Whether the name stands there and not two words' ends: 线上 党员 says nothing of 上党.

    Only words of the dictionary tell: what is guessed around a name it does not know may hold anything.
    """
    text, knows = "".join(words), campaign_words().knows
    spans = list(pairwise((0, *accumulate(map(len, words)))))
    at = text.find(name)
    while at >= 0:
        end = at + len(name)
        torn = (text[i:j] for i, j in spans if i < at < j or (at < i < end < j))
        if not any(map(knows, torn)):
            return True
        at = text.find(name, at + 1)
    return False


def _short(name: str) -> str:
    for suffix in _SUFFIXES:
        if name.endswith(suffix):
            return name.removesuffix(suffix)
    return name
