"""What a post leaves at the door: whoever wrote it, whatever leads to a person, and a date that cannot be."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from domain.links import author_hash, stored_id, stored_link
from domain.personal import mask_personal
from domain.records import Post, Ticket
from domain.retention import Retention
from ingest.source import Source

CLOCKS_DIFFER = timedelta(minutes=10)
"""How far a feed's clock may run ahead of ours."""


def at_the_door(post: Post, key: bytes, now: datetime) -> Post:
    """Before anything is stored: author ids become keyed hashes, personal data is masked, a date ahead is no date."""
    ahead = post.published_at is not None and post.published_at > now + CLOCKS_DIFFER
    return replace(
        post,
        title=mask_personal(_without_author(post.title, post.author_ref)),
        text=mask_personal(_without_author(post.text, post.author_ref)),
        url=stored_link(post.url),
        external_id=stored_id(post.external_id, key),
        repost_of=None if post.repost_of is None else stored_id(post.repost_of, key),
        in_reply_to=None if post.in_reply_to is None else stored_id(post.in_reply_to, key),
        published_at=None if ahead else post.published_at,
        author_ref=None if post.author_ref is None else author_hash(post.media, post.author_ref, key),
        ticket=None if post.ticket is None else _masked(post.ticket),
    )


def forget_at(source: Source, kept: Retention, now: datetime) -> datetime | None:
    """When the raw bytes go: what people wrote does, what platforms count does not (promises P3).

    The bytes of a feed hold what is masked here: they are kept to be read again after a mistake.
    """
    return now + kept.raw if source.side == "opinion" else None


def _masked(ticket: Ticket) -> Ticket:
    """Offices write their clerk's number beside the unit, or the caller's beside the channel."""
    return replace(
        ticket,
        told_state=mask_personal(ticket.told_state),
        unit=ticket.unit and mask_personal(ticket.unit),
        category=ticket.category and mask_personal(ticket.category),
        channel=ticket.channel and mask_personal(ticket.channel),
    )


def _without_author(text: str, author: str | None) -> str:
    """RSSHub writes the author's name before a title: "name: text"."""
    if author and text.startswith((f"{author}:", f"{author}：")):
        return text[len(author) + 1 :].lstrip()
    return text
