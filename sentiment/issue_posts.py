"""The posts that teach issues: composed ones and people's corrections, read, with the tone a blind model hears."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from domain.records import Label
from sentiment.bayes import LABELS, Triple
from sentiment.composed import ISSUE_POSTS, SEED_POSTS, Composed, composed_posts, issues_of
from sentiment.evaluate import Row
from sentiment.features import Features
from sentiment.issue_model import NONE
from sentiment.issues import IssueTagger
from sentiment.learn import Settings
from sentiment.samples import CORRECTED, Reader
from sentiment.words import prepare

_CORRECTION = 3.0  # a person's word beside a composed post


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One post that carries its issues, read."""

    batch: str
    issues: tuple[str, ...]
    label: Label | None
    tone: Triple | None  # as a model says that has not learnt it
    weight: float
    found: Features
    counts: dict[str, int]  # of the word list
    listed: str  # the first tag by the word list and that tone alone

    @property
    def main(self) -> str:
        return self.issues[0] if self.issues else NONE


Blind = Callable[[Features], Triple | None]
"""The tone of a post as a model says that has not learnt it."""


def told_issues(reader: Reader, corrections: Iterable[Row], blind: Blind, settings: Settings) -> list[Told]:
    """The composed posts, then corrections that name issues: rows with a column `issues`, ids joined by commas, empty
    for a post of no category. Raises ConfigError for an unknown id.
    """
    tagger = IssueTagger()
    composed = [post for name in (SEED_POSTS, ISSUE_POSTS) for post in composed_posts(name)]
    told = [_told(reader, tagger, blind, post) for post in composed[:: settings.composed_step]]
    return told + [
        _told(reader, tagger, blind, _corrected(row)) for row in corrections if row.get("issues") is not None
    ]


def _corrected(row: Row) -> Composed:
    return Composed(batch=CORRECTED, label=row["label"], issues=issues_of(row["issues"]), text=row["text"])


def _told(reader: Reader, tagger: IssueTagger, blind: Blind, post: Composed) -> Told:
    prepared, found = prepare(post.text), reader.features(post.text)
    tone = blind(found)
    return Told(
        batch=post.batch,
        issues=post.issues,
        label=Label(post.label) if post.label else None,
        tone=tone,
        weight=_CORRECTION if post.batch == CORRECTED else 1.0,
        found=found,
        counts=tagger.counts(prepared),
        listed=(*tagger.tags(prepared, likeliest(tone)), NONE)[0],
    )


def likeliest(tone: Triple | None) -> Label | None:
    return None if tone is None else LABELS[tone.index(max(tone))]
