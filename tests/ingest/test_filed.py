"""Which time a file says it tells whole, and whose: never more than it holds."""

from __future__ import annotations

import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from domain.campaign import Campaign, Template
from domain.records import Grade, Parsed, Span
from ingest.filed import filed
from ingest.run import run_source
from rehearsal.platforms import alipay, unionpay
from store.engine import read
from store.queries.comparison import reaches
from store.schema import feed_spans
from tests.ingest.payloads import HEADER, ROWS, SUB, csv_bytes, xlsx_bytes
from tests.ingest.scripted import scripted, site
from tests.ingest.sources import test_alipay, test_unionpay
from tests.ingest.sources.test_bank_drop import TIMES, parsed
from tests.store.events import OPENING

MIDNIGHT = datetime(2022, 10, 27, 16, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def test_a_bill_and_a_settlement_file_tell_their_day() -> None:
    whole = (Span(since=MIDNIGHT, until=MIDNIGHT + DAY),)
    bill = test_alipay.bill(alipay.bill_zip(test_alipay.DAY, test_alipay.ROWS))
    assert test_alipay.source().parse(bill).spans == whole
    file = test_unionpay.settled(zlib.compress(unionpay.settlement(test_unionpay.ROWS)))
    assert test_unionpay.source().parse(file).spans == whole


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize(
    ("told", "until"),
    [
        ("2022-10-28 00:00:00 至 2022-10-29 00:00:00", DAY), ("2022-10-28 00:00:00 至 2022-10-28 23:59:59", DAY),
        ("2022年10月28日 00:00 ~ 2022年10月28日 23:59", DAY),
        ("2022-10-28 00:00:00 至 2022-10-28 09:30:00", 9.5 * HOUR),
        ("2022-10-28 00:00:00 至 2022-10-28 24:00:00", DAY), ("2022年10月28日0时00分至2022年10月28日24时", DAY),
        ("2022/10/28 00:00 至 2022/10/28 24：00", DAY), ("20221028 至 20221028", DAY),
        ("2022-10-28 至 2022-10-29", 2 * DAY), ("2022年10月28日 ~ 2022年10月28日", DAY),
    ],
)  # fmt: skip
def test_a_banks_file_of_redemptions_tells_the_time_above_its_header(
    form: str, told: str, until: timedelta
) -> None:
    made = csv_bytes if form == "csv" else xlsx_bytes
    found = parsed(made([[f"统计时段:{told}"], HEADER, *ROWS]), form=form)
    assert found.spans == (Span(since=MIDNIGHT, until=MIDNIGHT + until, sub_project=SUB),)
    assert found.data_time == MIDNIGHT + until


def test_the_title_of_a_sheet_that_is_not_ours_says_nothing_of_the_files_time() -> None:
    ours = [["统计时段:2022-10-28 00:00:00 至 2022-10-29 00:00:00"], HEADER, *ROWS]
    month = ["统计时段:2022-10-01 00:00:00 至 2022-11-01 00:00:00"]
    claims = [TIMES["LQ"] if name == "核销时间" else name for name in HEADER]
    others = [["十月汇总"], month, ["核销张数", "5"]], [month, claims, *ROWS]
    alone = parsed(xlsx_bytes(ours), form="xlsx")
    assert alone.spans == (Span(since=MIDNIGHT, until=MIDNIGHT + DAY, sub_project=SUB),)
    assert parsed(xlsx_bytes(ours, *others), form="xlsx") == alone
    assert replace(parsed(xlsx_bytes(*others, ours), form="xlsx"), rejects=()) == alone
    assert parsed(xlsx_bytes(*others, ours[1:]), form="xlsx").spans == ()


@pytest.mark.parametrize("letters", ["LQ", "TK"])
def test_a_banks_files_of_claims_and_refunds_tell_no_time(letters: str) -> None:
    header = [TIMES[letters] if name == "核销时间" else name for name in HEADER]
    table = [["统计时段:2022-10-28 00:00:00 至 2022-10-29 00:00:00"], header, *ROWS]
    found = parsed(csv_bytes(table), name=f"ZFXFQ_{SUB}_{letters}_20221028_01")
    assert (found.spans, found.data_time) == ((), MIDNIGHT + DAY)


@pytest.mark.parametrize("title", ["明细表", "统计时段:不详不详不详不详 至 2022-10-29 00:00:00"])
def test_a_banks_file_that_does_not_say_since_when_tells_no_time(title: str) -> None:
    assert parsed(csv_bytes([[title], HEADER, *ROWS])).spans == ()


# ---------------------------------------------------------------- whose


NOON = MIDNIGHT + 12 * HOUR
TOLD = Span(since=MIDNIGHT, until=NOON)
FILE = Parsed(records=(), grade=Grade.DAILY, spans=(TOLD,))


def test_a_file_of_one_sub_project_tells_nothing_of_the_platforms_others(small_campaign: Campaign) -> None:
    both = {"city", "luzhou"}
    assert filed(FILE, small_campaign, both, now=NOON) == {(p, MIDNIGHT, NOON) for p in both}
    for name, whose in (("SP-LZ-R", {"luzhou"}), ("SP-SD-R", set()), ("nobody's", set())):
        one = replace(FILE, spans=(replace(TOLD, sub_project=name),))
        assert {p for p, *_ in filed(one, small_campaign, both, now=NOON)} == whose


def test_what_is_live_tells_nothing_and_no_file_tells_of_what_comes_after_it(
    small_campaign: Campaign,
) -> None:
    assert filed(replace(FILE, grade=Grade.FLASH), small_campaign, {"city"}, now=NOON) == set()
    assert filed(FILE, small_campaign, {"city"}, now=OPENING) == {("city", MIDNIGHT, OPENING)}
    assert filed(FILE, small_campaign, {"city"}, now=MIDNIGHT) == set()


def test_subsidies_make_the_day_of_a_programme_without_vouchers_alone(audited: Campaign) -> None:
    only_cars = [t for t in audited.template if t.programme != "city" or t.kind == "audit_subsidy"]
    without = audited.model_copy(update={"template": tuple[Template, ...](only_cars)})
    subsidies = replace(FILE, spans=(replace(TOLD, of_subsidies=True),))
    told = {("city", MIDNIGHT, NOON)}
    for campaign, by_vouchers, by_subsidies in ((audited, told, set()), (without, set(), told)):
        assert filed(FILE, campaign, {"city"}, now=NOON) == by_vouchers
        assert filed(subsidies, campaign, {"city"}, now=NOON) == by_subsidies


# ---------------------------------------------------------------- kept


def test_what_is_told_is_kept_once_and_known_since_the_first_time(
    engine: Engine, small_campaign: Campaign
) -> None:
    source = scripted(FILE, FILE, Parsed(records=(), data_time=NOON), platform="city-pay")
    moments = [
        NOON,
        NOON + HOUR,
        NOON + HOUR,
        *[NOON + 2 * HOUR] * 9,
    ]  # of the run, of the first page, of the others
    run_source(source, site(engine, small_campaign), iter(moments).__next__)
    with read(engine) as conn:
        rows = conn.execute(select(feed_spans)).all()
        assert {row.programme for row in rows} == {"city", "luzhou"}
        assert len(rows) == 2
        assert {row.known_at for row in rows} == {NOON + HOUR}
        assert reaches(conn)["city"].filed == ((MIDNIGHT, NOON),)
