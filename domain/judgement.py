"""What a person says of a post, in the place of what a model says."""

from __future__ import annotations

from dataclasses import dataclass

from domain.records import Label, Relevance

PERSON = "person"
"""The `model` of a score that somebody at the desk gave: no model's score takes its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a person says of a post, whole."""

    relevance: Relevance
    label: Label | None
    issues: tuple[str, ...]  # category ids
    county: str | None  # six-digit division code; None: unknown or several
