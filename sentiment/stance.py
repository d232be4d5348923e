"""Stance: complaint and praise, and what turns them: question, irony, expectation, contrast, notice. Plain features.

A rule such as "ends in ? is neutral" is wrong for rhetorical questions: here is only said what stands beside what; what
that means is learnt with everything else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from domain.issues import ISSUES, IssueKind
from sentiment.phrases import Phrases
from sentiment.words import read_list

_COMPLAINT, _PRAISE = "complaint", "praise"
_SHORT, _LONG = 12, 80
_EMOJI = re.compile("[\u2600-\u27bf\U0001f300-\U0001faff]")
_FACES = re.compile(r"\[[^\[\]\s]{1,6}\]")
_DIGITS = re.compile(r"\d")
_LATE = re.compile(r"[?？][^\w]*$")
_BESIDE = {
    "question",
    "sarcasm",
    "rhetorical",
    "expectation",
    "disappointment",
    "notice",
    "plea",
    "thanks",
    "change",
}
_BEFORE = {"expectation", "disappointment", "contrast", "change", "negator"}


class Stance:
    """Reads `lexicon/stance.txt` and the phrases of the issue categories."""

    def __init__(self) -> None:
        self._list: dict[str, str] = {}
        name = ""
        for line in read_list("stance.txt"):
            if line.startswith("["):
                name = line.strip("[]")
            else:
                self._list[line] = name
        for phrase, category in _issue_phrases():
            self._list.setdefault(
                phrase, _PRAISE if ISSUES[category].kind is IssueKind.POSITIVE else _COMPLAINT
            )
        self.phrases = Phrases(self._list)

    def features(self, prepared: str, phrases: Sequence[str] | None = None) -> list[str]:
        """Names of what stands in the post, each once. They begin with ~, which begins no word. `phrases`: the found
        ones, where somebody has looked already.
        """
        phrases = self.phrases.found(prepared) if phrases is None else phrases
        found = [self._list[phrase] for phrase in phrases]
        names = {f"~{name}" for name in found}
        for name in (_COMPLAINT, _PRAISE, "question", "negator"):
            if found.count(name) > 1:
                names.add(f"~{name} twice")
        names.update(_turns(found))
        names.update(_surface(prepared, names))
        return sorted(names)


def _turns(found: list[str]) -> set[str]:
    """What stands beside or before a complaint or praise."""
    names: set[str] = set()
    here = set(found)
    for own in (_COMPLAINT, _PRAISE):
        if own not in here:
            continue
        names.update([f"~{other} & {own}" for other in here & _BESIDE])
        first, last = found.index(own), len(found) - 1 - found[::-1].index(own)
        names.update([f"~{turn} > {own}" for turn in _BEFORE.intersection(found[:last])])
        if "contrast" in found[first:]:
            names.add(f"~{own} > contrast")
    if _COMPLAINT in here and _PRAISE in here:
        end = next(name for name in reversed(found) if name in (_COMPLAINT, _PRAISE))
        names.add(f"~both, {end} last")
    return names


def _surface(prepared: str, names: set[str]) -> set[str]:
    """Marks, faces, length. `names`: what was found already."""
    marks = {
        "~!": "!" in prepared,
        "~!!": prepared.count("!") > 1,
        "~?": "?" in prepared,
        "~? at the end": "?" in prepared and _LATE.search(prepared) is not None,
        "~...": "..." in prepared or "…" in prepared,
        "~face": "[" in prepared and _FACES.search(prepared) is not None,
        "~emoji": _EMOJI.search(prepared) is not None,
        "~digits": _DIGITS.search(prepared) is not None,
        "~#": "#" in prepared,
        "~short": len(prepared) < _SHORT,
        "~long": len(prepared) > _LONG,
    }
    found = {name for name, there in marks.items() if there}
    if "~? at the end" in found:
        found.update(f"~? & {name[1:]}" for name in ("~complaint", "~rhetorical", "~praise") if name in names)
        if "~complaint" not in names:
            found.add("~? alone")
    return found


def _issue_phrases() -> list[tuple[str, str]]:
    """(phrase, category id) of single phrases that tell; questions have a list of their own."""
    pairs, category = [], ""
    for line in read_list("issues.txt"):
        if line.startswith("["):
            category = line.strip("[]")
        elif "+" not in line and ISSUES[category].kind is not IssueKind.NEUTRAL:
            pairs.append((line, category))
    return pairs
