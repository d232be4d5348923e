from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.terms import SHANGHAI
from ingest.times import feed_time, local_time, rfc3339, serial_time

NINE = datetime(2022, 10, 28, 1, 0, tzinfo=UTC)
MOMENTS = st.integers(86_400, 3_150_000_000).map(
    lambda s: datetime.fromisoformat("2000-01-01") + timedelta(seconds=s)
)


@pytest.mark.parametrize(
    "text",
    [
        "2022-10-28 09:00:00", "2022-10-28 9:00", "2022/10/28 9:00", "2022.10.28 09:00:00.000", "2022年10月28日 9:00",
        "2022年10月28日9时0分", "2022年10月28日 09时00分00秒", "20221028090000", "20221028 090000",
        "2022-10-28T09:00:00", "2022-10-28T09:00:00+08:00", "2022-10-28T01:00:00Z", "2022-10-27T21:00:00-0400",
        " 2022-10-28 09:00 ",
    ],
)  # fmt: skip
def test_every_known_form_of_nine_oclock_is_the_same_moment(text: str) -> None:
    assert local_time(text) == NINE
    assert feed_time(text) == NINE


@pytest.mark.parametrize(
    "text",
    ["Fri, 28 Oct 2022 01:00:00 GMT", "Fri, 28 Oct 2022 09:00:00 +0800", "28 Oct 2022 09:00:00 +0800",
     "Fri, 28 Oct 2022 09:00:00", "Fri, 28 Oct 2022 09:00:00 CST", "Fri, 28 Oct 2022 01:00:00 -0000"],
)  # fmt: skip
def test_a_feeds_date_is_read_and_cst_is_chinas(text: str) -> None:
    assert feed_time(text) == NINE


@pytest.mark.parametrize("text", ["2022年10月28日", "2022-10-28", "20221028"])
def test_a_date_alone_is_its_local_midnight(text: str) -> None:
    assert local_time(text) == datetime(2022, 10, 27, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["", "刚刚", "28/10/2022", "22-10-28", "2022-13-01", "2022-02-30", "2022-10-28 25:00", "1999-12-31", "2100-01-01",
     "２０２２-10-28", "44862.375", "202210280900", "2022-10-28 09:00 PM", "Fri, 99 Oct 2022 01:00:00 GMT", "Mon, x",
     "2022-10-28T09:00:00+99:00", "Thu, 01 Jan 99999999999999999999 00:00:00 +0800",
     "Thu, 01 Jan 2022 00:00:00 +99999999999999999999"],
)  # fmt: skip
def test_anything_else_is_no_time(text: str) -> None:
    for read in (local_time, feed_time, rfc3339):
        with pytest.raises(ValueError):
            read(text)


@given(MOMENTS)
def test_writing_and_reading_a_time_gives_it_back(at: datetime) -> None:
    expected = at.replace(tzinfo=SHANGHAI).astimezone(UTC)
    forms = (
        f"{at:%Y-%m-%d %H:%M:%S}",
        f"{at:%Y/%m/%d %H:%M:%S}",
        f"{at:%Y年%m月%d日%H时%M分%S秒}",
        f"{at:%Y%m%d%H%M%S}",
    )
    assert {local_time(form) for form in forms} == {expected}


@given(MOMENTS)
def test_a_day_number_is_read_to_the_second(at: datetime) -> None:
    days = (at - datetime.fromisoformat("1899-12-30")) / timedelta(days=1)
    assert serial_time(days) == at.replace(tzinfo=SHANGHAI).astimezone(UTC)


@pytest.mark.parametrize("days", [0, 1, 36_525.9, 73_051, 20_221_028, float("nan"), float("inf")])
def test_a_number_far_from_any_campaign_is_no_day_number(days: float) -> None:
    with pytest.raises(ValueError):
        serial_time(days)


@given(
    st.text(max_size=40) | st.from_regex(r"[0-9]{1,4}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}日? ?[0-9:时分]{0,8}")
)
def test_no_text_makes_the_readers_fail_otherwise(text: str) -> None:
    for read in (local_time, feed_time, rfc3339):
        try:
            found = read(text)
        except ValueError:
            continue
        assert found.tzinfo is UTC
        assert 1999 <= found.year <= 2100
