"""What the scenes read: rounds, courses, talk, and the two sums of today that must agree."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction

from sqlalchemy import Connection, insert, update

from domain.campaign import Campaign
from domain.readings import Stamp
from domain.readings_scenes import RoundProgress, RoundState
from domain.records import Entry, Grade, Kind
from domain.sanity import Kept
from store.queries.counted import Lot
from store.queries.gate import corrections_since, today_by_county, today_by_minute
from store.queries.launch import next_opening, round_progress, rounds_on_show
from store.queries.pace import courses
from store.queries.posts import ScoredPost
from store.queries.rounds import (
    LotSum,
    lot_sums,
    matured_rates,
    sold_out_after,
    state_of,
    still_to_claim_fen,
)
from store.queries.talk import county_table, hourly_counts, issue_counts, usual_by_hour
from store.schema import rollup_day, rollup_opinion
from store.writes.counters import save_counters
from store.writes.ledger import save_batch
from tests.store.events import OPENING, entries, event, step
from tests.store.test_counted import count

NOON = OPENING + timedelta(hours=3)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def save(conn: Connection, *batch: Entry, now: datetime = NOON, sha: str = "0") -> None:
    save_batch(conn, batch, source="test", grade=Grade.FLASH, raw_sha256=sha * 64, now=now)


def claims(campaign: Campaign, programme: str, *numbers: int) -> tuple[Entry, ...]:
    return entries(campaign, *(event(campaign, programme, Kind.CLAIM, n) for n in numbers))


def test_a_lots_claims_are_what_events_tell_or_the_platform_counts(
    conn: Connection, small_campaign: Campaign
):
    owner = small_campaign.programmes["luzhou"]
    lot = Lot("luzhou", "luzhou.ret20", 1)
    save(conn, *claims(small_campaign, "luzhou", 1, 2, 3))
    assert lot_sums(conn)[lot] == LotSum(claimed_count=3, redeemed_count=0)
    save_counters(conn, [count(small_campaign, owner, 40, NOON)], now=NOON)
    assert lot_sums(conn)[lot].claimed_count == 40


def test_a_round_sells_out_in_the_minute_its_last_claim_came(conn: Connection, small_campaign: Campaign):
    round_ = small_campaign.rounds["luzhou", 1]
    small = round_.model_copy(update={"lines": (round_.lines[0].model_copy(update={"qty": 3}),)})
    save(conn, *claims(small_campaign, "luzhou", 1, 2))
    assert sold_out_after(conn, small) is None
    save(conn, *claims(small_campaign, "luzhou", 7, 9))
    assert sold_out_after(conn, small) == timedelta(minutes=8), "the end of the seventh minute"


def test_a_round_sells_out_by_its_own_claims(conn: Connection, small_campaign: Campaign):
    """Three claims of the second round come before the first one's last: beside it, and the day before."""
    first = small_campaign.rounds["city", 1]
    small = first.model_copy(update={"lines": (first.lines[0].model_copy(update={"qty": 3}),)})
    other = small_campaign.rounds["city", 2].lines[0].template
    day_before = OPENING - DAY + 2 * HOUR
    beside = [
        event(small_campaign, "city", Kind.CLAIM, n, round_no=2, template=other,
              face_fen=small_campaign.templates[other].face_fen, **({"occurred_at": day_before} if n == 90 else {}))
        for n in (2, 3, 90)
    ]  # fmt: skip
    save(conn, *claims(small_campaign, "city", 1, 4), *entries(small_campaign, *beside))
    assert sold_out_after(conn, small) is None, "two of three"
    save(conn, *claims(small_campaign, "city", 11))
    assert sold_out_after(conn, small) == timedelta(minutes=12), "the end of the eleventh minute"


def test_a_round_that_sells_out_over_midnight_counts_from_its_opening(
    conn: Connection, small_campaign: Campaign
):
    round_ = small_campaign.rounds["luzhou", 1]
    small = round_.model_copy(update={"lines": (round_.lines[0].model_copy(update={"qty": 3}),)})
    next_day = event(small_campaign, "luzhou", Kind.CLAIM, 9, occurred_at=OPENING + DAY)
    save(conn, *claims(small_campaign, "luzhou", 1, 2), *entries(small_campaign, next_day))
    assert sold_out_after(conn, small) == DAY + timedelta(minutes=1)


def test_a_counter_tells_the_sell_out_to_within_its_interval(conn: Connection, small_campaign: Campaign):
    owner, round_ = small_campaign.programmes["luzhou"], small_campaign.rounds["luzhou", 1]
    for minute, value in ((1, 900), (2, 1_500), (3, 1_500)):
        save_counters(
            conn, [count(small_campaign, owner, value, OPENING + timedelta(minutes=minute))], now=NOON
        )
    assert sold_out_after(conn, round_) == timedelta(minutes=2)


def test_a_round_waits_opens_sells_out_or_closes(small_campaign: Campaign):
    round_ = small_campaign.rounds["luzhou", 1]
    found = [
        state_of(round_, claimed, now=at)
        for claimed, at in (
            (0, round_.opens_at - timedelta(seconds=1)),
            (0, round_.opens_at),
            (1_499, round_.claim_closes_at),
            (1_500, round_.claim_closes_at),
            (1_499, round_.claim_closes_at + timedelta(seconds=1)),
        )
    ]
    states = RoundState
    assert found == [states.WAITING, states.OPEN, states.OPEN, states.SOLD_OUT, states.CLOSED]


def test_a_rounds_rate_counts_only_past_its_last_day(small_campaign: Campaign):
    first = small_campaign.rounds["city", 1]
    sums = {
        Lot("city", "city.ret20", 1): LotSum(claimed_count=20, redeemed_count=15),
        Lot("city", "city.cat10", 1): LotSum(claimed_count=20, redeemed_count=15),
    }
    assert matured_rates(small_campaign, "city", sums, now=first.use_until) == ()
    later = first.use_until + timedelta(seconds=1)
    assert matured_rates(small_campaign, "city", sums, now=later) == (Fraction(3, 4),)


def test_what_can_still_be_claimed_is_of_open_rounds_and_those_to_come(small_campaign: Campaign):
    first, second = small_campaign.rounds["city", 1], small_campaign.rounds["city", 2]
    sums = {Lot("city", "city.ret20", 1): LotSum(claimed_count=1_990, redeemed_count=0)}
    at_opening = still_to_claim_fen(small_campaign, "city", sums, now=first.opens_at)
    assert at_opening == 10 * 2_000 + 1_000 * 1_000 + 1_000 * 1_000
    closed = first.claim_closes_at + timedelta(seconds=1)
    assert still_to_claim_fen(small_campaign, "city", sums, now=closed) == 1_000 * 1_000
    assert still_to_claim_fen(small_campaign, "city", sums, now=second.claim_closes_at + DAY) == 0


def test_the_course_is_cumulative_and_net(conn: Connection, small_campaign: Campaign):
    at = {"occurred_at": OPENING + 2 * HOUR}
    save(
        conn,
        *claims(small_campaign, "luzhou", 1, 2, 3),
        *entries(
            small_campaign,
            event(small_campaign, "luzhou", Kind.REDEMPTION, 1),
            event(small_campaign, "luzhou", Kind.REDEMPTION, 2, **at),
            event(small_campaign, "luzhou", Kind.REFUND, 1, **at),
        ),
    )
    course = courses(conn, small_campaign, ["luzhou"], now=NOON)["luzhou"]
    assert [fen for _, fen in course] == [2_000, 2_000], "one more, one back"
    assert [at for at, _ in course] == [OPENING + HOUR, NOON]
    by_day = courses(conn, small_campaign, ["luzhou"], now=NOON + 5 * DAY)["luzhou"]
    assert [fen for _, fen in by_day] == [2_000]


def test_the_rounds_of_the_day_are_shown_and_the_next_opening_named(small_campaign: Campaign):
    every = ["city", "luzhou", "shangdang"]
    today = rounds_on_show(small_campaign, every, now=NOON)
    assert {(r.programme, r.no) for r in today} == {("city", 1), ("luzhou", 1)}
    quiet = rounds_on_show(small_campaign, every, now=NOON + 3 * DAY)
    assert {(r.programme, r.no) for r in quiet} == {("shangdang", 1)}, "the last day that had some"
    before = rounds_on_show(small_campaign, every, now=NOON - 30 * DAY)
    assert before == today, "the first to come"
    assert len(rounds_on_show(small_campaign, ["city"], now=NOON)) == 2, "of one programme alone every round"
    assert next_opening(small_campaign.round, now=NOON) == small_campaign.rounds["shangdang", 1].opens_at


def test_claims_that_are_unknown_or_held_are_no_number(conn: Connection, small_campaign: Campaign):
    stamp = Stamp(data_time=NOON, grade=Grade.FLASH, tranche="T1")

    round_ = small_campaign.rounds["luzhou", 1]
    small = round_.model_copy(update={"lines": (round_.lines[0].model_copy(update={"qty": 1}),)})

    def told(stamp: Stamp, held: frozenset[Kept], *, now: datetime = NOON) -> RoundProgress:
        (found,) = round_progress(
            conn,
            small_campaign,
            [small],
            lot_sums(conn),
            stamps={"luzhou": stamp},
            held={"luzhou": held},
            now=now,
        )
        return found

    def claimed(stamp: Stamp, held: frozenset[Kept] = frozenset()) -> tuple[int | None, RoundState | None]:
        found = told(stamp, held)
        return found.claimed_count, found.state

    silent, under_check = replace(stamp, data_time=None), frozenset({Kept.CLAIMED})
    assert claimed(silent) == (None, None)
    assert claimed(stamp) == (0, RoundState.OPEN)
    save(conn, *claims(small_campaign, "luzhou", 1))
    assert claimed(silent) == claimed(stamp) == (1, RoundState.SOLD_OUT), "counted by the platform alone"
    assert claimed(stamp, under_check) == (None, None)
    assert claimed(stamp, frozenset({Kept.REDEEMED})) == (1, RoundState.SOLD_OUT)
    assert told(stamp, under_check, now=OPENING - HOUR).state is RoundState.WAITING, "that is the clock's"
    assert told(stamp, under_check, now=small.claim_closes_at + HOUR).state is None


def test_today_by_county_and_by_minute_agree_until_a_roll_up_is_torn(
    conn: Connection, small_campaign: Campaign
):
    save(conn, *claims(small_campaign, "luzhou", 1, 2))
    whole = today_by_minute(conn, ["luzhou"], now=NOON)
    assert today_by_county(conn, ["luzhou"], now=NOON) == whole
    assert whole["luzhou"].claimed_count == 2
    conn.execute(update(rollup_day).values(claimed_count=rollup_day.c.claimed_count + 1))
    assert today_by_county(conn, ["luzhou"], now=NOON) != whole
    assert today_by_minute(conn, ["luzhou"], now=NOON + DAY) == {}


def test_corrections_are_counted_from_when_they_became_known(conn: Connection, small_campaign: Campaign):
    save(conn, *claims(small_campaign, "luzhou", 1))
    gone = event(small_campaign, "luzhou", Kind.CLAIM, 1, revision=1, cancelled=True)
    save(conn, *entries(small_campaign, gone), now=NOON + HOUR, sha="1")
    assert corrections_since(conn, "luzhou", NOON) == {Kept.CLAIMED: (1, 2_000)}
    assert corrections_since(conn, "luzhou", NOON + HOUR) == {}
    assert corrections_since(conn, "city", NOON) == {}


def test_a_corrected_subsidy_is_no_correction_of_vouchers(conn: Connection, audited: Campaign):
    asked = step(audited, "city", Kind.APPLICATION, 1)
    save(conn, *entries(audited, asked))
    save(conn, *entries(audited, replace(asked, revision=1, cancelled=True)), now=NOON + HOUR, sha="1")
    assert corrections_since(conn, "city", NOON) == {}


def post(minutes_ago: float, *issues: str, county: str | None = None) -> ScoredPost:
    at = NOON - timedelta(minutes=minutes_ago)
    return ScoredPost(
        post_id=1,
        source="s",
        at=at,
        title="t",
        label="neg",
        county=county,
        issues=issues,
        author_ref=None,
        event_id=None,
        media="weibo",
        on_hot_list=False,
    )


def test_complaints_are_counted_against_the_window_before(small_campaign: Campaign):
    found = [
        post(1, "grab_fail"),
        post(9.9, "grab_fail", "refund"),
        post(10, "grab_fail"),
        post(20, "refund"),
        post(2, "praise"),
    ]
    window = timedelta(minutes=10)
    known = issue_counts(found, now=NOON, window=window, covered_since=NOON - HOUR)
    assert [(c.name, c.count, c.before) for c in known] == [("抢不到", 2, 1), ("退货退券", 1, 0)]
    young = issue_counts(found, now=NOON, window=window, covered_since=NOON - timedelta(minutes=19))
    assert {c.before for c in young} == {None}, "what was not listened to is no silence"


def test_the_table_counts_named_counties_alone():
    found = [
        post(1, "refund", county="1"),
        post(2, "grab_fail", county="1"),
        post(3, "refund"),
        post(4, "refund", county="9"),
    ]
    rows = county_table(found, {"1": "甲县", "2": "乙县"}, issues=("退货退券", "抢不到"), since=NOON - HOUR)
    assert [(r.name, r.counts) for r in rows] == [("甲县", (1, 1))]


def test_posts_are_counted_by_hour_once_each_and_by_county(conn: Connection):
    def counted(
        hour: datetime, county: str, issue: str, n: int, relevance: str = "campaign"
    ) -> dict[str, object]:
        return {
            "hour": hour, "source": "s", "relevance": relevance, "county": county, "issue": issue, "label": "neg",
            "posts_count": n,
        }  # fmt: skip

    rows = [
        counted(NOON, "1", "", 3), counted(NOON, "1", "refund", 3), counted(NOON, "2", "", 4),
        counted(NOON - HOUR, "1", "", 5), counted(NOON - DAY, "1", "", 6), counted(NOON, "1", "", 9, "other"),
    ]  # fmt: skip
    conn.execute(insert(rollup_opinion), rows)
    found = hourly_counts(conn, since=NOON - HOUR)
    assert sum(found.values(), Counter()) == {NOON: 7, NOON - HOUR: 5}
    assert found["2"] == {NOON: 4}


def test_the_usual_of_an_hour_stands_on_the_same_hour_of_covered_days():
    counts = {NOON - n * DAY: 4 for n in range(1, 9)}
    assert usual_by_hour(counts, [NOON], covered=NOON - 3 * DAY) == ((0.0, 8.0),)
    assert usual_by_hour(counts, [NOON], covered=NOON - 3 * DAY + HOUR) == (None,)
    assert usual_by_hour(counts, [NOON], covered=None) == (None,)
