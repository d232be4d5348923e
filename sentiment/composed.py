"""The posts composed for training: each with its tone and its issues, in batches of one register."""

from __future__ import annotations

from dataclasses import dataclass

from domain.errors import ConfigError
from domain.issues import ISSUES
from sentiment.words import LEXICON

SEED_POSTS, ISSUE_POSTS = "seed_posts.tsv", "seed_issues.tsv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    batch: str
    label: str
    issues: tuple[str, ...]  # ids, the main one first; none: of no category
    text: str


def composed_posts(name: str) -> list[Composed]:
    """`SEED_POSTS` or `ISSUE_POSTS`, in the order of the file."""
    rows = (line.split("\t") for line in lines_of(name))
    return [
        Composed(batch=batch, label=label, issues=issues_of("" if issues == "-" else issues), text=text)
        for batch, label, issues, text in rows
    ]


def issues_of(joined: str) -> tuple[str, ...]:
    """Ids joined by commas. Raises ConfigError for one that is no category."""
    issues = tuple(filter(None, (part.strip() for part in joined.split(","))))
    for issue in issues:
        if issue not in ISSUES:
            raise ConfigError(f"issue {issue!r} is no category")
    return issues


def lines_of(name: str) -> list[str]:
    """Lines of a table in `lexicon/`, without comments."""
    lines = (LEXICON / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]
