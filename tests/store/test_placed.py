"""Who judges a post's county unknown is believed by every reader: the feed's own county does not come back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select

from domain.judgement import Judgement
from domain.records import Label, Relevance, Ticket, TicketState
from store.queries.briefed import said
from store.queries.known_posts import learned
from store.queries.known_voices import voices_learned
from store.queries.opinion_events import ungrouped_posts
from store.queries.posts import scored_posts, stored_posts
from store.queries.tickets import unanswered_tickets
from store.queries.voiced import voiced_posts
from store.schema import post_index, rollup_opinion
from store.writes.corrections import correct_post
from tests.store.events import OPENING
from tests.store.posts import post, say, score

FEEDS, LATER = "140403", OPENING + timedelta(hours=1)
WINDOW = {"since": OPENING - timedelta(hours=1), "until": OPENING + timedelta(hours=2)}
READERS: dict[str, Callable[[Connection], str | None]] = {
    "scored_posts": lambda conn: scored_posts(conn, **WINDOW)[0].county,
    "stored_posts": lambda conn: stored_posts(conn, since=None, county=None, issue=None, limit=1)[0][
        "county"
    ],
    "learned": lambda conn: learned(conn, **WINDOW)[-1].seen.county,  # type: ignore[union-attr]
    "voices_learned": lambda conn: voices_learned(conn, **WINDOW, concerns=bool)[-1].seen.county,  # type: ignore[union-attr]
    "voiced_posts": lambda conn: voiced_posts(conn, **WINDOW)[0].county,
    "said": lambda conn: said(conn, **WINDOW, known_by=WINDOW["until"])[0].county,
    "ungrouped_posts": lambda conn: ungrouped_posts(conn, limit=1)[0].county,
    "unanswered_tickets": lambda conn: unanswered_tickets(conn, **WINDOW)[0].county,
    "post_index": lambda conn: conn.execute(select(post_index.c.county)).scalar_one() or None,
    "rollup_opinion": lambda conn: conn.scalars(select(rollup_opinion.c.county).distinct()).one() or None,
}


@pytest.mark.parametrize("county", READERS)
def test_a_person_who_says_unknown_outweighs_the_feed(conn: Connection, county: str) -> None:
    ticket = Ticket(
        state=TicketState.RECEIVED, told_state="", told_at=None, unit=None, category=None, channel=None
    )
    (number,) = say(conn, (post(1, county_hint=FEEDS, ticket=ticket), score(county=None)))
    assert READERS[county](conn) == FEEDS, "what only a model says of it leaves it to the feed"
    unknown = Judgement(
        relevance=Relevance.CAMPAIGN, label=Label.NEGATIVE, issues=("grab_fail",), county=None
    )
    correct_post(conn, number, unknown, by="wang", now=LATER)
    assert READERS[county](conn) is None


def test_a_post_judged_unknown_is_found_among_the_unknown_and_leaves_the_county(conn: Connection) -> None:
    (number,) = say(conn, (post(1, county_hint=FEEDS), score(county=FEEDS)))
    judged = Judgement(relevance=Relevance.CAMPAIGN, label=None, issues=(), county=None)
    correct_post(conn, number, judged, by="wang", now=LATER)
    assert stored_posts(conn, since=None, county=FEEDS, issue=None, limit=9) == []
