"""What the money rules look at, read from a store: heard, rounds, short refunds, quarantine, tickets, receipts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, func, select, update

from domain.campaign import Campaign
from domain.cases import Act
from domain.casework import Action, Verdict
from domain.money_watch import Heard, LotWatch, Mixed
from domain.readings import FeedHealth, Health, Level
from domain.records import (
    Counter,
    CounterEntry,
    Grade,
    Kind,
    Label,
    Post,
    Reject,
    Relevance,
    Ticket,
    TicketState,
)
from store import schema
from store.queries.cases import subjects_done
from store.queries.money_watch import heard_of, mixed_tranches, watched_rounds
from store.queries.put_aside import newly_put_aside
from store.queries.rounds import lot_sums
from store.queries.short_refunds import short_refunds
from store.queries.tickets import unanswered_tickets
from store.writes.alerts import Alarm, settle
from store.writes.cases import act
from store.writes.counters import save_counters
from store.writes.intake import quarantine, report_feed
from store.writes.ledger import save_batch
from store.writes.rebuild import rebuild_rollups
from tests.alerts.windows import feed
from tests.store.events import OPENING, entries, event
from tests.store.posts import post, say, score

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATER = OPENING + 5 * DAY


def save(conn: Connection, campaign: Campaign, *told: Any, sha: str = "0") -> None:
    batch = entries(campaign, *told)
    save_batch(conn, batch, source="pay", grade=Grade.FLASH, raw_sha256=sha * 64, now=LATER)


# ---------------------------------------------------------------- sources


def health(now: datetime, **by_source: Health) -> tuple[FeedHealth, ...]:
    return tuple(feed(now, source=source, health=found) for source, found in by_source.items())


def test_a_programme_is_heard_when_all_its_sources_are_and_as_far_as_the_one_behind(
    conn: Connection, now: datetime
) -> None:
    for source, at in (("a", now), ("b", now - HOUR)):
        report_feed(conn, programmes=["city"], source=source, data_time=at, grade=Grade.FLASH)
    report_feed(conn, programmes=["luzhou"], source="a", data_time=None, grade=Grade.FLASH)
    both = heard_of(conn, health(now, a=Health.FRESH, b=Health.FRESH))
    assert both == {
        "city": Heard(sources=("a", "b"), fresh=True, data_time=now - HOUR),
        "luzhou": Heard(sources=("a",), fresh=True, data_time=None),
    }
    for silent in (Health.LATE, Health.DOWN, Health.NEVER):
        assert not heard_of(conn, health(now, a=Health.FRESH, b=silent))["city"].fresh


def test_a_source_that_nobody_configures_any_more_mutes_no_programme(conn: Connection, now: datetime) -> None:
    for source, at in (("old-name", now - DAY), ("new-name", now)):
        report_feed(conn, programmes=["city"], source=source, data_time=at, grade=Grade.FLASH)
    report_feed(conn, programmes=["luzhou"], source="old-name", data_time=now - DAY, grade=Grade.FLASH)
    assert heard_of(conn, health(now, **{"new-name": Health.FRESH})) == {
        "city": Heard(sources=("new-name",), fresh=True, data_time=now)
    }


# ---------------------------------------------------------------- rounds


def test_a_round_is_watched_from_its_opening_and_a_platforms_count_is_a_floor(
    conn: Connection, small_campaign: Campaign
) -> None:
    told = [event(small_campaign, "city", Kind.CLAIM, n) for n in range(5)]
    save(conn, small_campaign, *told, event(small_campaign, "city", Kind.REDEMPTION, 1))
    city = small_campaign.city
    counted = Counter(
        platform=city.platform, sub_project=city.sub_projects.redeem, template="city.cat10", round_no=1,
        kind=Kind.CLAIM, value_count=1_200, counted_at=OPENING + HOUR,
    )  # fmt: skip
    save_counters(conn, [CounterEntry(counter=counted, programme="city")], now=OPENING + HOUR)
    before = list(watched_rounds(conn, small_campaign, lot_sums(conn), now=OPENING - HOUR))
    assert before == []
    found = list(watched_rounds(conn, small_campaign, lot_sums(conn), now=OPENING + 2 * HOUR))
    assert [(r.programme, r.no) for r in found] == [("city", 1), ("luzhou", 1)]
    assert found[0].lots == (
        LotWatch(template="city.ret20", qty=2000, claimed_count=5),
        LotWatch(template="city.cat10", qty=1000, claimed_count=1_200),
    )
    assert (found[0].redeemed_count, found[0].sold_out_after) == (1, None)


def test_a_round_that_sold_out_says_after_how_long(conn: Connection, small_campaign: Campaign) -> None:
    luzhou = small_campaign.programmes["luzhou"]
    for seconds, n in ((60, 700), (105, 1_500)):
        at = OPENING + timedelta(seconds=seconds)
        counted = Counter(
            platform=luzhou.platform, sub_project=luzhou.sub_projects.redeem, template="luzhou.ret20", round_no=1,
            kind=Kind.CLAIM, value_count=n, counted_at=at,
        )  # fmt: skip
        save_counters(conn, [CounterEntry(counter=counted, programme="luzhou")], now=at)
    for hours, gone in ((1, timedelta(seconds=105)), (73, None)):
        found = list(watched_rounds(conn, small_campaign, lot_sums(conn), now=OPENING + hours * HOUR))
        assert [r.sold_out_after for r in found if r.programme == "luzhou"] == [gone]


def test_subsidies_are_no_vouchers_of_a_round(conn: Connection, audited: Campaign) -> None:
    found = list(watched_rounds(conn, audited, lot_sums(conn), now=OPENING + 60 * DAY))
    kinds = {audited.templates[lot.template].kind for r in found for lot in r.lots}
    assert kinds == {"voucher"}


# ---------------------------------------------------------------- tranches


def test_what_stands_under_another_tranche_is_found(conn: Connection, small_campaign: Campaign) -> None:
    save(conn, small_campaign, *(event(small_campaign, "city", Kind.CLAIM, n) for n in range(3)))
    assert mixed_tranches(conn, small_campaign) == ()
    conn.execute(update(schema.events).where(schema.events.c.event_no == "C000001").values(tranche="T2"))
    rebuild_rollups(conn)
    assert mixed_tranches(conn, small_campaign) == (Mixed(programme="city", tranche="T2", fen=2_000),)


# ---------------------------------------------------------------- refunds


def refund(campaign: Campaign, no: int, at: datetime, returned: int | None, **changes: Any) -> Any:
    return event(campaign, "city", Kind.REFUND, no, occurred_at=at, returned_fen=returned, **changes)


def test_a_refund_is_short_by_what_it_did_not_put_back(conn: Connection, small_campaign: Campaign) -> None:
    at = OPENING + DAY
    save(
        conn,
        small_campaign,
        *(event(small_campaign, "city", Kind.REDEMPTION, n) for n in range(1, 6)),
        refund(small_campaign, 1, at, 2_000),
        refund(small_campaign, 2, at, 1_500),
        refund(small_campaign, 3, at, None),
        refund(small_campaign, 4, at + DAY, 0),
        refund(small_campaign, 5, at, 2_000),
        refund(small_campaign, 5, at + HOUR, 7, event_no="B5-again"),
    )
    (found,) = short_refunds(conn, small_campaign, until=at)
    assert (found.programme, found.count, found.fen, found.evidence, found.first_at) == (
        "city", 1, 500, ("B000002",), at
    )  # fmt: skip
    (found,) = short_refunds(conn, small_campaign, until=at + DAY)
    assert (found.count, found.fen, found.evidence) == (2, 2_500, ("B000002", "B000004"))
    assert short_refunds(conn, small_campaign, until=at - HOUR) == ()


def parts(campaign: Campaign, *returned: int | None) -> list[Any]:
    """Notices of one redemption, a day apart, each with a number of its own."""
    return [
        refund(campaign, 1, OPENING + n * DAY, fen, event_no=f"B1-{n}") for n, fen in enumerate(returned, 1)
    ]


@pytest.mark.parametrize(
    ("returned", "missing"),
    [
        ((1_000, 1_000), 0),
        ((1_000, 999), 1),
        ((500, 500, 500), 500),
        ((500, 0), 1_500),
        ((1_500, 1_500), 0),
        ((500, None), 0),
        ((None, 500), 0),
    ],
)
def test_what_comes_in_parts_is_short_by_what_all_of_them_lack(
    conn: Connection, small_campaign: Campaign, returned: tuple[int | None, ...], missing: int
) -> None:
    told = parts(small_campaign, *returned)
    save(conn, small_campaign, event(small_campaign, "city", Kind.REDEMPTION, 1), *told[1:])
    save(
        conn, small_campaign, told[0], *told[:2], sha="1"
    )  # the first to happen comes last, and all of it again
    found = [
        (s.count, s.fen, s.evidence, s.first_at) for s in short_refunds(conn, small_campaign, until=LATER)
    ]
    numbers = tuple(f"B1-{n}" for n in range(1, len(returned) + 1))
    assert found == ([(1, missing, numbers, OPENING + DAY)] if missing else [])


def test_what_is_short_is_looked_at_from_its_first_notice_and_counts_what_came_since(
    conn: Connection, small_campaign: Campaign
) -> None:
    save(conn, small_campaign, event(small_campaign, "city", Kind.REDEMPTION, 1))
    save(conn, small_campaign, *parts(small_campaign, 500, 700))
    (found,) = short_refunds(conn, small_campaign, until=OPENING + DAY)
    assert (found.fen, found.notices_count) == (800, 2)
    taken_back = refund(
        small_campaign, 1, OPENING + 2 * DAY, 700, event_no="B1-2", revision=1, cancelled=True
    )
    save(conn, small_campaign, taken_back, sha="1")
    (found,) = short_refunds(conn, small_campaign, until=OPENING + DAY)
    assert (found.fen, found.notices_count) == (1_500, 1)


def test_a_refund_that_was_made_good_is_short_no_more(conn: Connection, small_campaign: Campaign) -> None:
    save(conn, small_campaign, event(small_campaign, "city", Kind.REDEMPTION, 1))
    save(conn, small_campaign, refund(small_campaign, 1, OPENING + DAY, 1_999))
    assert len(short_refunds(conn, small_campaign, until=LATER)) == 1
    save(conn, small_campaign, refund(small_campaign, 1, OPENING + DAY, 2_000, revision=1), sha="1")
    assert short_refunds(conn, small_campaign, until=LATER) == ()


# ---------------------------------------------------------------- quarantine


def rows(n: int, field: str = "order_fen", first: int = 0) -> list[Reject]:
    return [Reject(row=f"row {first + i}", field=field, reason="bad", excerpt="x") for i in range(n)]


def test_rows_are_counted_by_source_and_the_unmapped_apart(conn: Connection, now: datetime) -> None:
    quarantine(conn, rows(2), source="a", sha256="1" * 64, now=now - 2 * DAY)
    quarantine(conn, rows(3), source="a", sha256="2" * 64, now=now)
    quarantine(conn, rows(3), source="a", sha256="2" * 64, now=now)
    quarantine(conn, rows(1, "sub_project"), source="b", sha256="3" * 64, now=now)
    quarantine(conn, rows(1, "stock_id", 1), source="b", sha256="3" * 64, now=now)
    since = now - DAY
    (others,) = newly_put_aside(conn, since=since, unmapped=False)
    assert (others.source, others.count, others.more, others.fields) == ("a", 3, False, {"order_fen": 3})
    (unmapped,) = newly_put_aside(conn, since=since, unmapped=True)
    assert (unmapped.source, unmapped.count, len(unmapped.evidence)) == ("b", 2, 2)


def test_of_a_flood_only_the_newest_rows_are_read(conn: Connection, now: datetime) -> None:
    quarantine(conn, rows(2_001), source="a", sha256="1" * 64, now=now)
    (found,) = newly_put_aside(conn, since=now - DAY, unmapped=False)
    assert (found.count, found.more, len(found.evidence)) == (2_000, True, 200)
    newest = conn.execute(select(func.max(schema.quarantine.c.quarantine_id))).scalar_one()
    assert found.evidence[0] == f"quarantine/{newest}"


def test_a_flood_hides_neither_another_source_nor_another_kind_of_row(
    conn: Connection, now: datetime
) -> None:
    quarantine(conn, rows(1), source="b", sha256="1" * 64, now=now - HOUR)
    quarantine(conn, rows(1, "sub_project"), source="a", sha256="2" * 64, now=now - HOUR)
    quarantine(conn, rows(2_000), source="a", sha256="3" * 64, now=now)
    since = now - DAY
    a, b = newly_put_aside(conn, since=since, unmapped=False)
    assert [(p.source, p.count, p.more) for p in (a, b)] == [("a", 2_000, False), ("b", 1, False)]
    (unmapped,) = newly_put_aside(conn, since=since, unmapped=True)
    assert (unmapped.source, unmapped.count) == ("a", 1)


# ---------------------------------------------------------------- tickets


def ticket(no: int, state: TicketState | None, at: datetime, **changes: Any) -> Post:
    told = Ticket(state=state, told_state="x", told_at=changes.pop("told_at", None))
    return post(no, source="hotline", external_id=f"T{no}", published_at=at, ticket=told, **changes)


@pytest.mark.parametrize(
    ("state", "waits"),
    [(TicketState.RECEIVED, True), (TicketState.HANDLING, True), (TicketState.REOPENED, True),
     (TicketState.ANSWERED, False), (TicketState.CLOSED, False), (None, False)],
)  # fmt: skip
def test_a_ticket_waits_until_it_is_answered(
    conn: Connection, state: TicketState | None, waits: bool
) -> None:
    say(conn, (ticket(1, state, OPENING, told_at=OPENING), score(county="140403")))
    found = unanswered_tickets(conn, since=OPENING - DAY, until=OPENING + DAY)
    assert [(t.source, t.since, t.county) for t in found] == (
        [("hotline", OPENING, "140403")] if waits else []
    )


def test_a_ticket_that_was_sent_back_waits_anew(conn: Connection) -> None:
    say(conn, (ticket(1, TicketState.REOPENED, OPENING, told_at=OPENING + 3 * HOUR), score()))
    (found,) = unanswered_tickets(conn, since=OPENING - DAY, until=OPENING + DAY)
    assert found.since == OPENING + 3 * HOUR


def test_praise_other_talk_and_what_is_not_scored_wait_for_nothing(conn: Connection) -> None:
    waiting = TicketState.HANDLING
    say(
        conn,
        (ticket(1, waiting, OPENING), score(Label.POSITIVE)),
        (ticket(2, waiting, OPENING), score(relevance=Relevance.OTHER)),
        (ticket(3, waiting, OPENING), None),
        (ticket(4, waiting, OPENING - 40 * DAY), score()),
        (post(5), score()),
    )
    assert unanswered_tickets(conn, since=OPENING - DAY, until=OPENING + DAY) == ()


# ---------------------------------------------------------------- receipts


def alarm(subject: str) -> Alarm:
    return Alarm(
        subject=subject, level=Level.BLUE, title="t", reasons=(), evidence=(), evidence_count=0, county=None
    )


def test_what_a_person_closed_is_done_and_what_ended_by_itself_is_not(
    conn: Connection, now: datetime
) -> None:
    settle(conn, "report_due", [alarm("a"), alarm("b"), alarm("c")], now=now, judged=False)
    ids = {row.subject: row.alert_id for row in conn.execute(schema.alerts.select())}
    act(conn, ids["a"], Act(action=Action.VERIFY), who="w", now=now)
    closing = Act(action=Action.CLOSE, note="已报", verdict=Verdict.REAL)
    act(conn, ids["a"], closing, who="w", now=now)
    act(conn, ids["b"], Act(action=Action.DISMISS, note="不适用"), who="w", now=now)
    settle(conn, "report_due", [alarm("a"), alarm("b")], now=now + HOUR, judged=False)
    settle(conn, "other", [alarm("d")], now=now)
    assert subjects_done(conn, "report_due") == {"a", "b"}
