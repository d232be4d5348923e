"""Passwords that are tried first: the list of those most often found in leaks, and what people make of such words.

GB/T 22239 8.1.4.1 wants complexity, NIST SP 800-63B 5.1.1.2 a list of what is common, expected or compromised; by
itself a rule for kinds of characters lets "Password2022!" in.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import pairwise
from pathlib import Path

MOST_WORDS = 2
"""Common words one after another that are still tried; three are a phrase."""
_LIKE = str.maketrans("@$0134578", "asoieastb")
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm", "1q2w3e4r5t6y7u8i9o0p")
_LEAST_RUN = 3


def is_common(password: str) -> bool:
    """Whether it is one of the list, or at most two of its words with digits, runs of keys and signs about them."""
    folded = unicodedata.normalize("NFKC", password).lower()
    return any(_words(text) <= MOST_WORDS for text in {folded, _read_back(folded)})


def _read_back(folded: str) -> str:
    """Letters again where signs and digits stand for them inside a word: those at the ends are ends."""
    start, end = re.match(r"[\W\d_]*", folded), re.search(r"[\W\d_]*$", folded)
    head, tail = (found.group() if found else "" for found in (start, end))
    return head + folded[len(head) : len(folded) - len(tail)].translate(_LIKE) + tail


def _words(folded: str) -> int:
    """As few common words as it is made of; more than `MOST_WORDS`: there is something else in it."""
    return sum(_covered(token) for token in re.split(r"[\W_]+", folded) if token)


def _covered(token: str) -> int:
    """The fewest words of the list that cover a token together with runs and digits, which are none."""
    least = [0, *[MOST_WORDS + 1] * len(token)]
    for end in range(1, len(token) + 1):
        for start in range(end):
            cost = _cost(token[start:end])
            if cost is not None:
                least[end] = min(least[end], least[start] + cost)
    return least[-1]


def _cost(piece: str) -> int | None:
    if piece.isdigit() or _is_run(piece):
        return 0
    return 1 if piece in _words_tried() else None


def _is_run(piece: str) -> bool:
    """One character again and again, the alphabet, or keys beside each other, forwards or backwards."""
    if len(piece) < _LEAST_RUN:
        return False
    steps = {ord(b) - ord(a) for a, b in pairwise(piece)}
    return steps in ({0}, {1}, {-1}) or any(piece in row or piece[::-1] in row for row in _ROWS)


@cache
def _words_tried() -> frozenset[str]:
    """The most frequent leaked ones, and words of this city, this office and this program as people type them."""
    files = (Path(__file__).with_name(f"{name}_passwords.txt") for name in ("common", "expected"))
    return frozenset(word for file in files for word in file.read_text(encoding="ascii").split())
