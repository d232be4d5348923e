"""Searching posts, Chinese ones above all: a post is found by every stretch of characters in it, in any case and width.

An index of pairs of neighbouring characters finds who can hold the words; `holds` then says who does. What is found is
therefore the same whichever engine keeps the index.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain
from operator import add

from domain.text import half_width

SEARCH_CHARACTERS = 100
_APART = re.compile(r"[\W_]+")


def folded(text: str) -> str:
    """Full width and case made one; whatever is no letter and no digit becomes one space."""
    return _APART.sub(" ", half_width(text).casefold()).strip()


def pairs(text: str) -> frozenset[str]:
    """Every two neighbouring letters or digits of a folded text."""
    return frozenset(chain.from_iterable(map(add, run, run[1:]) for run in text.split()))


def words_sought(query: str) -> tuple[str, ...]:
    """What a person typed, folded: words apart by white space, all of which a post must hold."""
    words = (folded(word) for word in query[:SEARCH_CHARACTERS].split())
    return tuple(dict.fromkeys(word for word in words if word))


def is_searchable(words: Sequence[str]) -> bool:
    """Whether any of them has the two neighbouring characters the index needs."""
    return any(map(pairs, words))


def holds(text: str, words: Sequence[str]) -> bool:
    """Whether a text as it is stored holds every one of these folded words."""
    here = folded(text)
    return all(word in here for word in words)
