"""A post seen again is the same post: its counts grow, its place moves, its ticket goes on."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, select

from domain.records import Post, Ticket, TicketState
from store.queries.sightings import count_history, rank_history
from store.schema import posts, tickets
from store.writes.posts import save_posts

MINUTE = timedelta(minutes=1)


def post(**changes: object) -> Post:
    fields = {"source": "hot", "media": "weibo", "external_id": "消费券", "title": "消费券", "text": "", "url": None,
              "published_at": None}  # fmt: skip
    return Post(**(fields | changes))


def save(conn: Connection, now: datetime, *found: Post) -> int:
    return save_posts(conn, found, raw_sha256="0" * 64, now=now)


def number(conn: Connection, external_id: str = "消费券") -> int:
    return int(conn.execute(select(posts.c.post_id).where(posts.c.external_id == external_id)).scalar_one())


def test_a_title_that_keeps_its_place_is_one_stay_and_a_move_begins_another(
    conn: Connection, now: datetime
) -> None:
    for minute, rank, heat in ((0, 5, 100), (2, 5, 120), (4, 5, 110), (6, 2, 900), (8, 2, None)):
        assert save(conn, now + minute * MINUTE, post(rank=rank, heat=heat)) == (1 if minute == 0 else 0)
    stays = rank_history(conn, number(conn))
    assert [(s.since, s.until, s.rank, s.heat) for s in stays] == [
        (now, now + 4 * MINUTE, 5, 120),
        (now + 6 * MINUTE, now + 8 * MINUTE, 2, 900),
    ]
    assert conn.execute(select(posts.c.rank)).scalar_one() == 2


def test_a_title_that_was_off_the_list_for_one_look_has_two_stays(conn: Connection, now: datetime) -> None:
    other = post(external_id="别的", title="别的", rank=1)
    save(conn, now, other, post(rank=3))
    save(conn, now + 2 * MINUTE, other)
    save(conn, now + 4 * MINUTE, other, post(rank=3))
    assert [(s.since, s.until) for s in rank_history(conn, number(conn))] == [
        (now, now),
        (now + 4 * MINUTE, now + 4 * MINUTE),
    ]
    assert [(s.since, s.until) for s in rank_history(conn, number(conn, "别的"))] == [(now, now + 4 * MINUTE)]


def test_a_list_nobody_looked_at_for_an_hour_leaves_a_gap(conn: Connection, now: datetime) -> None:
    save(conn, now, post(rank=3))
    save(conn, now + 61 * MINUTE, post(rank=3))
    assert len(rank_history(conn, number(conn))) == 2


def test_two_lists_do_not_interrupt_each_other(conn: Connection, now: datetime) -> None:
    for minute in (0, 2, 4):
        save(conn, now + minute * MINUTE, post(rank=3))
        save(conn, now + (minute + 1) * MINUTE, post(source="other", rank=9))
    assert [(s.since, s.until) for s in rank_history(conn, 1)] == [(now, now + 4 * MINUTE)]


def test_counts_grow_and_a_smaller_one_later_is_kept_as_it_was_told(conn: Connection, now: datetime) -> None:
    told = ((0, 10, None), (5, 12, 1), (90, 30, 1), (95, 30, 1), (200, 7, 2))
    for minute, likes, comments in told:
        save(conn, now + minute * MINUTE, post(likes=likes, comments=comments))
    row = conn.execute(select(posts.c.likes, posts.c.comments, posts.c.reposts)).one()
    assert tuple(row) == (30, 2, None)
    assert [(c.seen_at, c.likes, c.comments) for c in count_history(conn, number(conn))] == [
        (now + 5 * MINUTE, 12, 1),
        (now + 90 * MINUTE, 30, 1),
        (now + 200 * MINUTE, 7, 2),
    ]


def test_a_post_without_counts_leaves_no_history(conn: Connection, now: datetime) -> None:
    save(conn, now, post())
    save(conn, now + MINUTE, post())
    assert count_history(conn, number(conn)) == ()


def ticket(state: TicketState | None, told_at: datetime | None = None, **changes: object) -> Post:
    fields = {"state": state, "told_state": state.value if state else "转交", "told_at": told_at}
    return post(ticket=Ticket(**(fields | changes)))


def state(conn: Connection) -> str | None:
    return conn.execute(select(tickets.c.state)).scalar_one()


def test_a_ticket_goes_on_and_stays_one_post(conn: Connection, now: datetime) -> None:
    assert save(conn, now, ticket(TicketState.RECEIVED, unit="市商务局", channel="电话")) == 1
    assert save(conn, now + MINUTE, ticket(TicketState.ANSWERED, now, category="消费券")) == 0
    row = conn.execute(select(tickets)).one()
    assert (row.state, row.unit, row.category, row.channel) == ("answered", "市商务局", "消费券", "电话")
    assert (row.told_at, row.changed_at) == (now, now + MINUTE)


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        ((TicketState.ANSWERED, None), (TicketState.HANDLING, None), "answered"),
        ((TicketState.ANSWERED, 5), (TicketState.CLOSED, 4), "answered"),
        ((TicketState.CLOSED, 5), (TicketState.HANDLING, 9), "handling"),
        ((TicketState.CLOSED, None), (TicketState.REOPENED, None), "reopened"),
        ((TicketState.REOPENED, None), (TicketState.ANSWERED, None), "reopened"),
        ((TicketState.REOPENED, 5), (TicketState.ANSWERED, 6), "answered"),
        ((None, None), (TicketState.HANDLING, None), "handling"),
    ],
)
def test_an_old_list_read_late_takes_nothing_back(
    conn: Connection, now: datetime, before: tuple, after: tuple, kept: str
) -> None:
    for told, minute in (before, after):
        save(conn, now, ticket(told, None if minute is None else now + minute * MINUTE))
    assert state(conn) == kept


def test_the_same_list_twice_changes_nothing(conn: Connection, now: datetime) -> None:
    save(conn, now, ticket(TicketState.ANSWERED, now))
    save(conn, now + MINUTE, ticket(TicketState.ANSWERED, now))
    assert conn.execute(select(tickets.c.changed_at)).scalar_one() == now


def test_what_a_post_refers_to_and_that_it_is_cut_are_stored(conn: Connection, now: datetime) -> None:
    save(conn, now, post(repost_of="4829", in_reply_to="17", is_cut=True))
    row = conn.execute(select(posts.c.repost_of, posts.c.in_reply_to, posts.c.is_cut)).one()
    assert tuple(row) == ("4829", "17", True)


@pytest.mark.parametrize("turned", [False, True])
def test_a_list_tells_the_steps_of_a_ticket_in_any_order(
    conn: Connection, now: datetime, turned: bool
) -> None:
    steps = ticket(TicketState.HANDLING, now - MINUTE), ticket(TicketState.ANSWERED, now)
    save(conn, now, *(steps[::-1] if turned else steps))
    assert state(conn) == "answered"


def test_the_same_key_twice_in_one_payload_is_one_post(conn: Connection, now: datetime) -> None:
    assert save(conn, now, post(rank=1, likes=1), replace(post(), rank=2, likes=2)) == 1
    assert [stay.rank for stay in rank_history(conn, number(conn))] == [2]
