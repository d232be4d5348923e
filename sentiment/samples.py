"""What is learnt from: labelled sets, the composed posts, people's corrections; read, cut and weighed."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from domain.errors import ConfigError
from domain.records import Label
from sentiment.bayes import LABELS
from sentiment.composed import ISSUE_POSTS, SEED_POSTS, composed_posts, lines_of
from sentiment.evaluate import NOT_FOR_TRAINING, Row
from sentiment.features import Features, features
from sentiment.stance import Stance
from sentiment.words import Words, prepare, read_list

SEED = 20221028
TWO_CLASS_ROWS = 10_000  # of a set without neutral posts, spread over it
PATTERNS, CORRECTED = "seed_patterns.tsv", "corrections"

# A public row counts once; what is nearer to the topic counts more, what only tells good from bad counts less.
# Posts composed for their issues are many and of one hand: at 1 they cost the public sets more than they give.
_TWO_CLASS, _PATTERN, _CORRECTION = 0.3, 0.7, 6.0
OFTEN = 5.0  # a row of a rare class at most: a handful of rows must not make a class
_COMPOSED = {SEED_POSTS: 6.0, ISSUE_POSTS: 0.5}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One labelled post, cut."""

    words: tuple[str, ...]
    found: Features
    label: int  # position in LABELS


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Samples of one origin."""

    name: str
    samples: tuple[Sample, ...]
    weight: float  # of one row
    two_class: bool = False
    composed: bool = False  # written for training: says nothing of how often a tone occurs

    @property
    def public(self) -> bool:
        """Collected, with all three classes."""
        return not (self.two_class or self.composed)

    def balance(self) -> list[float]:
        """Per class, how often each of its rows counts so that no class of a public set outweighs another.

        How often a tone occurs there, and the set's way of writing, would pass for what the tone sounds like.
        """
        seen = Counter(sample.label for sample in self.samples)
        if not self.public or not seen:
            return [1.0] * len(LABELS)
        return [min(max(seen.values()) / seen[k], OFTEN) if seen[k] else 1.0 for k in range(len(LABELS))]


class Reader:
    """Cuts as every scorer without accelerator does: the same weights come out wherever they are trained."""

    def __init__(self) -> None:
        self._words = Words(read_list("campaign.txt"), accelerated=False)
        self._stance = Stance()

    def samples(self, rows: Iterable[tuple[str, str]]) -> tuple[Sample, ...]:
        """(text, label) -> samples; rows without a word are left out. Raises ConfigError for another label."""
        read = (self._sample(text, label) for text, label in rows)
        return tuple(sample for sample in read if sample.words)

    def features(self, text: str) -> Features:
        prepared = prepare(text)
        return features(self._words.cut(prepared), self._stance.features(prepared))

    def _sample(self, text: str, label: str) -> Sample:
        if label not in set(LABELS):
            raise ConfigError(f"label {label!r} is none of neg, neu, pos")
        prepared = prepare(text)
        words = tuple(self._words.cut(prepared))
        found = features(words, self._stance.features(prepared))
        return Sample(words=words, found=found, label=LABELS.index(Label(label)))


def sources(
    reader: Reader,
    sets: Mapping[str, Sequence[Row]],
    corrections: Iterable[Row] = (),
    *,
    patterns: int = 5_000,
    step: int = 1,
) -> list[Source]:
    """The sets that teach, then every `step`th composed post, then corrections.

    Sets named `*_eval*` and `*_dev*` are never learnt; sets of other labels are left out.
    """
    found = [_public(reader, name, rows) for name, rows in sorted(sets.items()) if teaches(name, rows)]
    for name, weight in _COMPOSED.items():
        rows = ((post.text, post.label) for post in composed_posts(name)[::step])
        found.append(Source(name=name, samples=reader.samples(rows), weight=weight, composed=True))
    found.append(
        Source(
            name=PATTERNS, samples=reader.samples(pattern_posts(patterns)), weight=_PATTERN, composed=True
        ),
    )
    corrected = reader.samples((row["text"], row["label"]) for row in corrections)
    if corrected:
        found.append(Source(name=CORRECTED, samples=corrected, weight=_CORRECTION, composed=True))
    return found


def teaches(name: str, rows: Sequence[Row]) -> bool:
    labels = {row["label"] for row in rows}
    known = {label.value for label in LABELS}
    return not any(mark in name for mark in NOT_FOR_TRAINING) and {"neg", "pos"} <= labels <= known


def _public(reader: Reader, name: str, rows: Sequence[Row]) -> Source:
    two_class = not any(row["label"] == Label.NEUTRAL.value for row in rows)
    if two_class:
        rows = rows[:: -(-len(rows) // TWO_CLASS_ROWS)]
    return Source(
        name=name,
        samples=reader.samples((row["text"], row["label"]) for row in rows),
        weight=_TWO_CLASS if two_class else 1.0,
        two_class=two_class,
    )


def talk_posts() -> list[tuple[str, str]]:
    """The composed posts of `lexicon/seed_talk.tsv` as (text, talk)."""
    rows = (line.split("\t") for line in lines_of("seed_talk.tsv"))
    return [(text, talk) for talk, text in rows]


def pattern_posts(most: int) -> list[tuple[str, str]]:
    """Posts put together from `lexicon/seed_patterns.tsv`, each once, as (text, label)."""
    parts: dict[str, list[str]] = {}
    name = ""
    for line in read_list("seed_patterns.tsv"):
        if line.startswith("= "):
            name = line[2:]
        else:
            parts.setdefault(name, []).append(line)
    patterns = [tuple(line.split("\t")) for line in parts.pop("句子")]
    pick = random.Random(SEED)
    drawn = {}
    for at in range(most):
        label, pattern = patterns[at % len(patterns)]
        drawn[_filled(pattern, parts, pick)] = label
    return list(drawn.items())


_SLOT = re.compile(r"\{(\w+)\}")


def _filled(pattern: str, parts: Mapping[str, Sequence[str]], pick: random.Random) -> str:
    while _SLOT.search(pattern):
        pattern = _SLOT.sub(lambda slot: pick.choice(parts[slot[1]]), pattern)
    return pattern
