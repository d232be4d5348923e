"""How well each source delivers: states on both sides, delays by nearest rank, rows by window, quarantine by page."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Connection

from domain.campaign import Campaign
from domain.readings import Health, RowCounts, SourceReport
from domain.records import Grade, Kind, Payload, Post, Reject
from store.queries.source_reports import ROWS_A_PAGE, WINDOW, quarantine_page, quarantined_rows, source_board
from store.queries.sources import FAILURES_TO_BE_DOWN, Expected
from store.schema import events
from store.writes import intake, ledger
from store.writes import posts as post_writes
from tests.store.events import OPENING, entries, event

NOW = OPENING + timedelta(hours=6)
PAY = Expected(source="pay", name="市民付", side="payment", stale_after_s=600)
NEWS = Expected(source="news", name="日报", side="opinion", stale_after_s=3600)
BILLS = replace(PAY, counts=True, files_from=date(2022, 10, 28))
SHA = "ab" * 32
JUST = timedelta(microseconds=1)


def report(conn: Connection, expected: Expected = PAY, *, now: datetime = NOW) -> SourceReport:
    (found,) = source_board(conn, [expected], now=now).reports
    return found


def succeed(conn: Connection, expected: Expected, *, ok_at: datetime, data_time: datetime | None) -> None:
    intake.source_succeeded(conn, expected.source, cursor=None, data_time=data_time, now=ok_at)


def arrive(
    conn: Connection,
    campaign: Campaign,
    *delays_s: float,
    at: datetime = NOW,
    source: str = "pay",
    first: int = 0,
) -> None:
    """One claim a delay, all received at `at`."""
    programme = campaign.programme[0].id
    made = [
        event(campaign, programme, Kind.CLAIM, first + n, occurred_at=at - timedelta(seconds=s))
        for n, s in enumerate(delays_s)
    ]
    batch = entries(campaign, *made)
    ledger.save_batch(conn, batch, source=source, grade=Grade.FLASH, raw_sha256=SHA, now=at)


def run(conn: Connection, finished_at: datetime, *, source: str = "pay", **counts: int) -> None:
    record = intake.RunRecord(
        source=source,
        started_at=finished_at - timedelta(seconds=2),
        finished_at=finished_at,
        outcome="ok",
        rows_in=sum(counts.values()),
        **counts,
    )
    intake.record_run(conn, record)


def set_aside(conn: Connection, n: int, *, at: datetime = NOW, first: int = 0) -> None:
    rejects = [Reject(row=f"row {first + i}", field="amount", reason="no", excerpt="x") for i in range(n)]
    intake.quarantine(conn, rejects, source="pay", sha256=SHA, now=at)


def test_a_payment_feed_is_late_just_after_its_cadence_and_not_at_it(conn: Connection) -> None:
    data_time = NOW - timedelta(seconds=PAY.stale_after_s)
    succeed(conn, PAY, ok_at=NOW, data_time=data_time)
    assert report(conn).feed.health is Health.FRESH
    assert report(conn, now=NOW + JUST).feed.health is Health.LATE


def test_an_opinion_feed_goes_by_its_last_answer(conn: Connection) -> None:
    succeed(conn, NEWS, ok_at=NOW - timedelta(seconds=NEWS.stale_after_s), data_time=None)
    assert report(conn, NEWS).feed.health is Health.FRESH
    assert report(conn, NEWS, now=NOW + JUST).feed.health is Health.LATE


@pytest.mark.parametrize(
    ("filed_until", "now", "health"),
    [(None, "20 18:00", Health.FRESH), (None, "28 18:00", Health.FRESH),
     (None, "29 10:10", Health.FRESH), (None, "29 10:11", Health.LATE),
     ("29 00:00", "29 18:00", Health.FRESH), ("29 00:00", "30 10:10", Health.FRESH),
     ("29 00:00", "30 10:11", Health.LATE), ("30 00:00", "30 10:11", Health.FRESH)],
)  # fmt: skip
def test_a_feed_of_day_files_is_fresh_while_it_counts_and_late_once_a_file_is_overdue(
    conn: Connection, filed_until: str | None, now: str, health: Health
) -> None:
    """The file of the 28th is there by ten the next morning."""
    at = _at(now)
    succeed(conn, BILLS, ok_at=at - timedelta(minutes=2), data_time=_at(filed_until) if filed_until else None)
    assert report(conn, BILLS, now=at).feed.health is health


def test_a_feed_of_day_files_that_counts_no_more_is_late_though_its_files_are_there(conn: Connection) -> None:
    succeed(conn, BILLS, ok_at=_at("29 09:00"), data_time=_at("29 00:00"))
    found = report(conn, BILLS, now=_at("29 09:11")).feed
    assert (found.health, found.seen_at, found.stale_after_s) == (Health.LATE, _at("29 09:00"), 600)


def test_a_feed_that_only_counts_goes_by_its_last_answer(conn: Connection) -> None:
    counts = replace(PAY, counts=True)
    succeed(conn, counts, ok_at=NOW, data_time=None)
    assert report(conn, counts, now=NOW + timedelta(minutes=10)).feed.health is Health.FRESH
    assert report(conn, counts, now=NOW + timedelta(minutes=11)).feed.health is Health.LATE


def _at(day_and_time: str) -> datetime:
    """Of October 2022, in Shanghai."""
    return datetime.strptime(f"2022-10-{day_and_time}+0800", "%Y-%m-%d %H:%M%z")


def test_one_failure_less_than_it_takes_is_not_down(conn: Connection) -> None:
    succeed(conn, PAY, ok_at=NOW, data_time=NOW)
    for _ in range(FAILURES_TO_BE_DOWN - 1):
        intake.source_failed(conn, "pay", trouble="timed out", now=NOW)
    assert report(conn).feed.health is Health.FRESH
    intake.source_failed(conn, "pay", trouble="timed out", now=NOW)
    found = report(conn).feed
    assert (found.health, found.trouble) == (Health.DOWN, "timed out")


def test_a_source_nothing_came_from_is_unknown_throughout(conn: Connection) -> None:
    found = report(conn)
    assert found.feed.health is Health.NEVER
    assert (found.delay_p50_s, found.delay_p95_s, found.delays_count) == (None, None, 0)
    assert (found.day, found.total, found.is_slow) == (None, None, False)


def test_without_sources_the_board_is_empty(conn: Connection) -> None:
    board = source_board(conn, [], now=NOW)
    assert (board.as_of, board.reports) == (NOW, ())


@pytest.mark.parametrize(
    ("n", "p50", "p95"),
    [(1, 1, 1), (2, 1, 2), (3, 2, 3), (19, 10, 19), (20, 10, 19), (21, 11, 20), (100, 50, 95)],
)
def test_delays_are_ranked_to_the_nearest(
    conn: Connection, small_campaign: Campaign, n: int, p50: int, p95: int
) -> None:
    arrive(conn, small_campaign, *range(n, 0, -1))
    found = report(conn)
    assert (found.delay_p50_s, found.delay_p95_s, found.delays_count) == (p50, p95, n)


def test_only_arrivals_of_the_last_day_count_however_old_the_event(
    conn: Connection, small_campaign: Campaign
) -> None:
    arrive(conn, small_campaign, 5, at=NOW)
    later = NOW + WINDOW
    assert report(conn, now=later - JUST).delays_count == 1
    assert report(conn, now=later).delays_count == 0
    assert report(conn, now=NOW - JUST).delays_count == 0


def test_an_event_before_its_time_has_a_delay_below_zero(conn: Connection, small_campaign: Campaign) -> None:
    arrive(conn, small_campaign, 10)
    conn.execute(events.update().values(occurred_at=NOW + timedelta(seconds=7)))
    assert report(conn).delay_p50_s == -7


def test_each_source_has_its_own_delays(conn: Connection, small_campaign: Campaign) -> None:
    arrive(conn, small_campaign, 5)
    arrive(conn, small_campaign, 900, source="bank", first=50)
    bank = Expected(source="bank", name="银行", side="payment", stale_after_s=900)
    pay, other = source_board(conn, [PAY, bank], now=NOW).reports
    assert (pay.delay_p50_s, other.delay_p50_s) == (5, 900)


def test_what_comes_in_a_days_file_is_not_slow_for_that(conn: Connection, small_campaign: Campaign) -> None:
    arrive(conn, small_campaign, 34 * 3600, at=NOW)
    assert report(conn).is_slow
    assert not report(conn, BILLS).is_slow


def test_a_source_is_slow_only_beyond_its_cadence(conn: Connection, small_campaign: Campaign) -> None:
    arrive(conn, small_campaign, PAY.stale_after_s)
    assert not report(conn).is_slow
    arrive(conn, small_campaign, PAY.stale_after_s + 1, first=10)
    assert report(conn).is_slow


def test_how_often_a_source_is_asked_stands_in_its_report(conn: Connection) -> None:
    assert report(conn, replace(PAY, every_s=15)).every_s == 15
    assert report(conn).every_s is None


def test_posts_count_from_their_publication_and_those_without_one_not_at_all(conn: Connection) -> None:
    known = NOW - timedelta(seconds=42)
    said = [
        Post(source="news", media="rss", external_id=str(n), title="t", text="t", url=None, published_at=at)
        for n, at in enumerate((known, None))
    ]
    post_writes.save_posts(conn, said, raw_sha256=SHA, now=NOW)
    found = report(conn, NEWS)
    assert (found.delay_p50_s, found.delay_p95_s, found.delays_count) == (42, 42, 1)


def test_rows_are_added_up_by_day_and_in_all(conn: Connection) -> None:
    run(conn, NOW, accepted=5, duplicate=2, superseded=1, quarantined=3)
    run(conn, NOW - WINDOW + JUST, accepted=10)
    run(conn, NOW - WINDOW, accepted=100)
    run(conn, NOW, source="other", accepted=7)
    found = report(conn)
    assert found.day == RowCounts(accepted=15, duplicate=2, superseded=1, quarantined=3)
    assert found.total == RowCounts(accepted=115, duplicate=2, superseded=1, quarantined=3)


def test_a_day_with_runs_and_no_rows_is_nought_and_one_without_runs_unknown(conn: Connection) -> None:
    run(conn, NOW)
    nothing = RowCounts(accepted=0, duplicate=0, superseded=0, quarantined=0)
    assert report(conn).day == nothing
    later = report(conn, now=NOW + WINDOW)
    assert (later.day, later.total) == (None, nothing)


def test_quarantine_is_turned_page_by_page_newest_first(conn: Connection) -> None:
    set_aside(conn, ROWS_A_PAGE, at=NOW)
    assert quarantine_page(conn, "pay", page=1).pages == 1
    set_aside(conn, 1, at=NOW - timedelta(hours=1), first=ROWS_A_PAGE)
    first, second = (quarantine_page(conn, "pay", page=n) for n in (1, 2))
    assert (first.pages, first.total, len(first.rows)) == (2, ROWS_A_PAGE + 1, ROWS_A_PAGE)
    assert first.rows[0].row == f"row {ROWS_A_PAGE - 1}"
    assert [r.row for r in second.rows] == [f"row {ROWS_A_PAGE}"]
    assert (*first.rows, *second.rows) == quarantined_rows(conn, "pay")


@pytest.mark.parametrize(("asked", "given"), [(-1, 1), (0, 1), (2, 2), (3, 2), (10**9, 2)])
def test_a_page_that_is_not_there_is_the_nearest(conn: Connection, asked: int, given: int) -> None:
    set_aside(conn, ROWS_A_PAGE + 1)
    assert quarantine_page(conn, "pay", page=asked).page == given


def test_a_row_names_its_payload_while_the_archive_has_it(conn: Connection) -> None:
    set_aside(conn, 1)
    assert quarantined_rows(conn, "pay")[0].payload is None
    payload = Payload(name="日结.csv", body=b"x", media_type="text/csv")
    intake.keep_raw(conn, payload, source="pay", sha256=SHA, now=NOW)
    found = quarantined_rows(conn, "pay")[0]
    assert (found.payload, found.sha256) == ("日结.csv", SHA)


def test_an_empty_quarantine_has_one_empty_page(conn: Connection) -> None:
    found = quarantine_page(conn, "pay", page=1)
    assert (found.page, found.pages, found.total, found.rows) == (1, 1, 0, ())
