"""Which county a post names. Names only: no guess from people, shops or streets."""

from __future__ import annotations

from domain.campaign import Campaign
from sentiment.phrases import Phrases
from sentiment.words import read_list

_SUFFIXES = ("自治县", "区", "县", "市", "旗")
_SHORTEST = 2  # 沁县 without its 县 would be one character


class CountyNames:
    """The names of the campaign's counties: full, without 区 or 县 where that is no everyday word, and former ones."""

    def __init__(self, campaign: Campaign) -> None:
        common = set(read_list("common_places.txt"))
        names: dict[str, set[str]] = {}
        for division in campaign.division:
            if division.code == campaign.campaign.city_code:
                continue
            for name in (division.name, _short(division.name)):
                if len(name) >= _SHORTEST and name not in common:
                    names.setdefault(name, set()).add(division.code)
        for line in read_list("old_places.txt"):
            code, name = line.split("\t")
            if code in campaign.divisions:
                names.setdefault(name, set()).add(code)
        self._codes = {name: codes.pop() for name, codes in names.items() if len(codes) == 1}
        # the city's own name (长治市) must not be read as the start of a county's (长治县)
        self._phrases = Phrases((*self._codes, campaign.campaign.city_name))

    def named(self, prepared: str) -> tuple[str, ...]:
        """Division codes in order of first mention; empty where none is named."""
        found = self._phrases.found(prepared)
        return tuple(dict.fromkeys(self._codes[name] for name in found if name in self._codes))


def _short(name: str) -> str:
    for suffix in _SUFFIXES:
        if name.endswith(suffix):
            return name.removesuffix(suffix)
    return name
