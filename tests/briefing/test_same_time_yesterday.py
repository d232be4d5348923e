"""较前日同时: yesterday up to the same time is read as today is, claims that a platform only counts among them."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from briefing.money import Flow, read_ledger
from briefing.today import day_figures, day_sentence
from domain.campaign import Campaign
from domain.readings import Scope
from domain.records import Grade, Kind
from domain.terms import business_day_start
from store.queries.progress import Money
from store.writes.intake import RunRecord, record_run, report_feed
from tests.store.events import OPENING, event
from tests.store.stated_day import FACE, poll, save

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
BOTH = (Kind.CLAIM, Kind.REDEMPTION)
CITY = Scope(code="140400", name="长治市", is_city=True)
AS_OF = OPENING + DAY + 9 * HOUR


def days(
    conn: Connection, campaign: Campaign, *, as_of: datetime = AS_OF, known_by: datetime | None = None
) -> tuple[Flow, Flow | None]:
    ledger = read_ledger(conn, campaign, CITY, as_of=as_of, known_by=known_by or as_of)
    return ledger.today, ledger.yesterday


def flow(claimed: int | None, net: int | None = None, *, refunds: int = 0) -> Flow:
    used = None if net is None else net // FACE + refunds
    return Flow(claimed_count=claimed, redeemed_net_fen=net, redeemed_count=used)


def report(conn: Connection, programme: str, at: datetime = AS_OF) -> None:
    """Its platform's files tell of everything up to `at`."""
    source = f"files-{programme}"
    report_feed(conn, programmes=[programme], source=source, data_time=at, grade=Grade.DAILY)
    run = RunRecord(
        source=source, outcome="ok", grade=Grade.DAILY, started_at=OPENING, finished_at=OPENING, data_time=at
    )
    record_run(conn, run)


def test_claims_that_are_only_counted_are_compared_with_their_like(
    conn: Connection, small_campaign: Campaign
) -> None:
    for hours, n in ((1, 600), (10, 900), (24 + 1, 1_400), (24 + 9, 1_500), (24 + 10, 1_900)):
        poll(conn, small_campaign, Kind.CLAIM, n, OPENING + hours * HOUR)
    assert days(conn, small_campaign) == (flow(600), flow(600)), "not the evening's 300"
    ledger = read_ledger(conn, small_campaign, CITY, as_of=AS_OF, known_by=AS_OF)
    (sentence,) = day_sentence(ledger)
    assert sentence == "当日领取600张，较前日同时增加0张（0.0%）；净核销—，不作比较。", "no use was told"
    assert days(conn, small_campaign, as_of=AS_OF + HOUR) == (flow(1_000), flow(900))


def test_events_stand_in_their_counts_place_yesterday_as_today(
    conn: Connection, small_campaign: Campaign
) -> None:
    told = [event(small_campaign, "city", Kind.CLAIM, n) for n in range(40)]
    used = [event(small_campaign, "city", Kind.REDEMPTION, n) for n in range(3)]
    evening = {"occurred_at": OPENING + 10 * HOUR}
    late = [event(small_campaign, "city", kind, 50, **evening) for kind in (Kind.CLAIM, Kind.REDEMPTION)]
    back = event(small_campaign, "city", Kind.REFUND, 1, occurred_at=OPENING + HOUR)
    save(conn, small_campaign, *told, *used, *late, back)
    poll(conn, small_campaign, Kind.CLAIM, 45, OPENING + HOUR)
    assert days(conn, small_campaign) == (flow(None), flow(None)), "nobody has told of today"
    report(conn, "city")
    assert days(conn, small_campaign) == (flow(0, 0), flow(45, 2 * FACE, refunds=1))


def test_yesterday_is_as_the_paper_s_moment_knew_it(conn: Connection, small_campaign: Campaign) -> None:
    save(conn, small_campaign, *(event(small_campaign, "city", Kind.CLAIM, n) for n in range(2)))
    later = AS_OF + HOUR
    save(conn, small_campaign, event(small_campaign, "city", Kind.CLAIM, 2), now=later)
    report(conn, "city")
    assert days(conn, small_campaign)[1] == flow(2, 0)
    assert days(conn, small_campaign, known_by=later)[1] == flow(3, 0)


def test_a_paper_of_midnight_has_the_whole_day_before(conn: Connection, small_campaign: Campaign) -> None:
    midnight = OPENING.replace(hour=0) + 2 * DAY
    poll(conn, small_campaign, Kind.CLAIM, 900, OPENING + 14 * HOUR)
    poll(conn, small_campaign, Kind.CLAIM, 1_500, OPENING + DAY + 14 * HOUR)
    assert days(conn, small_campaign, as_of=midnight) == (flow(600), flow(900))


def test_before_the_second_day_there_is_no_yesterday(conn: Connection, small_campaign: Campaign) -> None:
    poll(conn, small_campaign, Kind.CLAIM, 900, OPENING + HOUR)
    assert days(conn, small_campaign, as_of=OPENING + 9 * HOUR) == (flow(900), None)


def test_a_day_whose_file_has_not_come_has_not_fallen(conn: Connection, small_campaign: Campaign) -> None:
    made = [event(small_campaign, "city", kind, n) for kind in BOTH for n in range(40)]
    save(conn, small_campaign, *made)
    midnight = business_day_start(AS_OF)
    report(conn, "city", midnight)
    ledger = read_ledger(conn, small_campaign, CITY, as_of=AS_OF, known_by=AS_OF)
    assert day_sentence(ledger) == ("当日领取—，不作比较；净核销—，不作比较。",)
    assert [f.cell for f in day_figures(ledger)] == [None] * 6
    report(conn, "city", AS_OF - HOUR)
    ledger = read_ledger(conn, small_campaign, CITY, as_of=AS_OF, known_by=AS_OF)
    (sentence,) = day_sentence(ledger)
    assert "净核销0.00万元，较前日同时下降0.08万元（100.0%）" in sentence, "told, and nothing was used"


def test_only_programmes_that_tell_of_the_day_are_compared(
    conn: Connection, small_campaign: Campaign
) -> None:
    for day, programmes in ((0, ("city", "luzhou")), (1, ("city",))):
        at = {"occurred_at": OPENING + day * DAY}
        for p in programmes:
            used = [event(small_campaign, p, k, n + 50 * day, **at) for k in BOTH for n in range(3)]
            save(conn, small_campaign, *used)
    assert days(conn, small_campaign) == (flow(3, 3 * FACE), flow(3, 3 * FACE)), (
        "without 潞州区 on either day"
    )


def test_a_paper_made_in_the_morning_has_no_fall_for_a_file_that_came_by_night(
    conn: Connection, small_campaign: Campaign
) -> None:
    midnight = business_day_start(OPENING) + 2 * DAY
    used = [event(small_campaign, "city", k, n) for k in BOTH for n in range(40)]
    save(conn, small_campaign, *used)
    late = [event(small_campaign, "city", k, 50 + n, occurred_at=AS_OF) for k in BOTH for n in range(40)]
    save(conn, small_campaign, *late, now=midnight + HOUR)
    assert days(conn, small_campaign, as_of=midnight) == (flow(None), flow(None))
    assert days(conn, small_campaign, as_of=midnight, known_by=midnight + HOUR)[0] == flow(40, 40 * FACE)


def test_a_day_told_until_ten_is_compared_with_yesterday_until_ten(
    conn: Connection, small_campaign: Campaign
) -> None:
    """The city's source tells until 10:00, 潞州区's up to now: of each the same span of both days."""
    ten = OPENING + DAY + HOUR
    for programme in ("city", "luzhou"):
        for day, at in ((0, 0), (0, 6), (1, 0)):
            when = {"occurred_at": OPENING + day * DAY + at * HOUR}
            first = 100 * day + 50 * at
            made = [
                event(small_campaign, programme, k, n, **when) for k in BOTH for n in range(first, first + 40)
            ]
            save(conn, small_campaign, *made)
    pushed = [event(small_campaign, "city", k, 900, occurred_at=ten + HOUR) for k in BOTH]
    save(conn, small_campaign, *pushed, now=ten + HOUR)
    report(conn, "city", ten)
    report(conn, "luzhou")
    ledger = read_ledger(conn, small_campaign, CITY, as_of=AS_OF, known_by=AS_OF)
    assert ledger.today == flow(81, 81 * FACE), "all that is known"
    assert ledger.told_today == flow(80, 80 * FACE), "without what was pushed after its source had told"
    assert ledger.yesterday == flow(120, 120 * FACE), "the city's forty by ten, 潞州区's eighty by now"
    (sentence,) = day_sentence(ledger)
    assert "当日领取81张，较前日同时下降40张（33.3%）" in sentence
    head = Money(conn, small_campaign, CITY, now=AS_OF, late={}).headline()
    assert (head.redeemed_today_fen, head.told_today_fen, head.redeemed_yesterday_fen) == (
        81 * FACE,
        80 * FACE,
        120 * FACE,
    )


def test_nothing_is_compared_with_a_yesterday_that_had_not_opened_by_then(
    conn: Connection, small_campaign: Campaign
) -> None:
    save(conn, small_campaign, *(event(small_campaign, "city", k, n) for k in BOTH for n in range(40)))
    report(conn, "city", OPENING + DAY - HOUR)
    ledger = read_ledger(conn, small_campaign, CITY, as_of=AS_OF, known_by=AS_OF)
    assert day_sentence(ledger) == ("当日领取0张，净核销0.00万元；前日同时尚未发放，不作比较。",)
    head = Money(conn, small_campaign, CITY, now=AS_OF, late={}).headline()
    assert head.redeemed_yesterday_fen is None


def test_a_share_of_use_stands_on_use_and_not_on_claims(conn: Connection, small_campaign: Campaign) -> None:
    """Nobody claims once a round is closed: forty used yesterday are a base all the same, on the wall too."""
    save(conn, small_campaign, *(event(small_campaign, "city", Kind.CLAIM, n) for n in range(80)))
    later = AS_OF + 2 * DAY
    for day, n in ((2, 40), (3, 20)):
        at = OPENING + day * DAY
        used = [
            event(small_campaign, "city", Kind.REDEMPTION, 40 * day + i, occurred_at=at) for i in range(n)
        ]
        save(conn, small_campaign, *used, now=at + HOUR)
    report(conn, "city", later)
    ledger = read_ledger(conn, small_campaign, CITY, as_of=later, known_by=later)
    assert day_sentence(ledger)[0].endswith("净核销0.04万元，较前日同时下降0.04万元（50.0%）。")
    head = Money(conn, small_campaign, CITY, now=later, late={}).headline()
    assert (head.redeemed_yesterday_count, head.redeemed_yesterday_fen) == (40, 40 * FACE)
