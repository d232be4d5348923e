"""When the work plan's reports fall due."""

from datetime import datetime, timedelta, timezone

import pytest

from domain.campaign import Campaign
from domain.deadlines import _months_later, due_reports

CHINA = timezone(timedelta(hours=8))


def test_counties_report_two_weeks_after_their_end_and_the_review_is_due_a_month_later(campaign: Campaign):
    everyone = [p.id for p in campaign.programme]
    found = due_reports(campaign, everyone)
    assert [d.due_at is None for d in found] == sorted(d.due_at is None for d in found)
    county = next(p for p in campaign.programme if p.level == "county")
    own = {d.name: d for d in due_reports(campaign, [county.id])}
    assert county.end_at
    assert own["数据统计与分析报告上报市商务局"].due_at == county.end_at + timedelta(days=14)
    assert own["数据统计与分析报告上报市商务局"].who == campaign.divisions[county.division].name
    assert len(own) == 2, "the city's own report is not a county's"


def test_a_report_without_a_number_of_days_is_due_in_time_and_on_no_day(campaign: Campaign):
    (city,) = [d for d in due_reports(campaign, [campaign.city.id]) if d.name == "市级数据统计与分析报告"]
    assert (city.who, city.due_at) == ("市级", None)


@pytest.mark.parametrize(
    ("day", "due"),
    [((2022, 12, 15), (2023, 1, 15)), ((2023, 1, 31), (2023, 2, 28)), ((2022, 11, 30), (2022, 12, 30))],
)
def test_a_month_later_is_the_same_day_or_the_months_last(day: tuple[int, ...], due: tuple[int, ...]):
    assert _months_later(datetime(*day, tzinfo=CHINA), 1) == datetime(*due, tzinfo=CHINA)
