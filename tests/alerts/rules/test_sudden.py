"""The opinion rule's last minutes, and what it expects after a round has been opened: both sides of each threshold."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest

from alerts.finding import Finding, Mention
from alerts.levels import Facts, Thresholds, grade
from alerts.parameters import OpinionBurst
from alerts.releases import alike, older
from alerts.rules.opinion_burst import bursts
from domain.campaign import Campaign
from domain.readings import Level
from tests.alerts.windows import mention

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
COUNTY = "140403"


def some(n: int, *, until: datetime, during: timedelta, first: int = 0, **changes: Any) -> list[Mention]:
    """`n` of them, evenly over the time before."""
    return [mention(first + k, until - during * (k / n), **changes) for k in range(n)]


def found(campaign: Campaign, now: datetime, said: Iterable[Mention], **given: Any) -> list[Finding]:
    return list(bursts(sorted(said, key=lambda m: m.at), campaign, OpinionBurst(**given), now=now))


def test_eight_complaints_in_five_minutes_are_orange_and_seven_nothing(
    campaign: Campaign, now: datetime
) -> None:
    assert found(campaign, now, some(7, until=now, during=5 * MINUTE)) == []
    (burst,) = found(campaign, now, some(8, until=now, during=5 * MINUTE))
    assert burst.level is Level.ORANGE
    assert "10 分钟 8 条" in burst.title
    assert burst.facts is not None
    assert burst.facts["fast_minutes"] == 10
    (slow,) = found(campaign, now, some(8, until=now, during=5 * MINUTE), fast_minutes=0)
    assert slow.level is Level.YELLOW


def test_minutes_alone_make_no_red_and_an_hour_does(campaign: Campaign, now: datetime) -> None:
    (burst,) = found(campaign, now, some(39, until=now, during=5 * MINUTE))
    assert burst.level is Level.ORANGE
    (burst,) = found(campaign, now, some(40, until=now, during=5 * MINUTE))
    assert burst.level is Level.RED
    assert burst.facts is not None
    assert burst.facts["fast_minutes"] is None


def test_advertisements_do_not_turn_a_few_complaints_into_a_burst(campaign: Campaign, now: datetime) -> None:
    """An hour that is mostly praise may hold ten minutes that are half complaints."""
    praise = some(7, until=now, during=5 * MINUTE, first=100, negative=False)
    assert found(campaign, now, [*some(7, until=now, during=5 * MINUTE), *praise], unlikely=1e-12) == []


def test_in_a_busy_subject_the_minutes_must_stand_out_too(campaign: Campaign, now: datetime) -> None:
    usual = some(
        23 * 20, until=now - HOUR, during=23 * HOUR, first=1000
    )  # twenty an hour: three in ten minutes
    assert found(campaign, now, [*usual, *some(12, until=now, during=9 * MINUTE)]) == []
    (burst,) = found(campaign, now, [*usual, *some(20, until=now, during=9 * MINUTE)])
    assert burst.level in (Level.YELLOW, Level.ORANGE)


def test_a_wave_of_yesterday_does_not_hide_todays(campaign: Campaign, now: datetime) -> None:
    wave = some(160, until=now - 12 * HOUR, during=4 * HOUR, first=1000)
    today = some(20, until=now - 11 * MINUTE, during=45 * MINUTE)
    (burst,) = found(campaign, now, [*wave, *today])
    assert burst.level is Level.ORANGE
    assert "预期 1.0 条" in burst.title
    (hidden,) = found(campaign, now, [*wave, *today], peaks_left_out=0)
    assert hidden.level is Level.YELLOW
    all_day = some(23 * 8, until=now - HOUR, during=23 * HOUR, first=1000)
    (usual,) = found(campaign, now, [*all_day, *today])  # eight an hour at any time are no wave
    assert usual.level is Level.YELLOW
    assert "预期 8.0 条" in usual.title


@pytest.mark.parametrize(("count", "voices"), [(1, 0), (8, 17), (20, 68)])
def test_a_pace_is_what_there_surely_is_at_least(count: int, voices: int) -> None:
    """Against the exact 1 % bound of a Poisson mean: 0.01, 2.91 and 11.08 events."""
    facts = Facts(count=count, expected=0.1, issue="system_crash", fast_minutes=10)
    assert facts.voices == pytest.approx(voices, abs=2)
    assert f"折合每小时至少 {facts.voices:.0f} 个" in grade(facts, Thresholds()).reasons[1]


def opened(campaign: Campaign, *ats: datetime, programme: str | None = None) -> Campaign:
    a_round = next(r for r in campaign.round if r.programme == (programme or campaign.city.id))
    rounds = tuple(a_round.model_copy(update={"opens_at": at}) for at in ats)
    return campaign.model_copy(update={"round": rounds})


def test_what_earlier_openings_brought_is_expected_of_the_next(campaign: Campaign, now: datetime) -> None:
    opening = now - 50 * MINUTE
    calendar = opened(campaign, opening - 6 * DAY, opening - 3 * DAY, opening)
    rush = some(17, until=now, during=45 * MINUTE)
    before = [
        m for days in (3, 6) for m in some(15, until=now - days * DAY, during=45 * MINUTE, first=1000 * days)
    ]
    (unknown,) = found(calendar, now, rush)
    assert unknown.level is Level.ORANGE
    assert found(calendar, now, [*before, *rush]) == []
    (none,) = found(opened(campaign, opening), now, [*before, *rush])  # nobody had announced those
    assert none.level is Level.ORANGE
    (far,) = found(
        calendar, now, [*before, *some(60, until=now, during=45 * MINUTE)]
    )  # more than any opening brings
    assert far.level is Level.ORANGE
    assert "预期 15.0 条" in far.title
    (late,) = found(calendar, now, [*before, *rush], release_hours=0.5)
    assert late.level is Level.ORANGE


def test_a_countys_round_is_no_other_countys_and_a_citys_is_everybodys(
    campaign: Campaign, now: datetime
) -> None:
    programme = next(p for p in campaign.programme if p.level == "county")
    ats = (now - 3 * DAY - HOUR, now - HOUR)
    own, given = opened(campaign, *ats, programme=programme.id), OpinionBurst()
    other = next(d.code for d in campaign.division if d.code != programme.division)
    assert alike(own, given, programme.division, now=now) == ((now - 3 * DAY - HOUR, now - 3 * DAY),)
    assert alike(own, given, other, now=now) == ()
    assert len(alike(opened(campaign, *ats), given, other, now=now)) == 1


def test_what_must_be_read_besides_is_read_once(campaign: Campaign, now: datetime) -> None:
    opening = now - 30 * MINUTE
    calendar = opened(
        campaign, opening - 3 * DAY, opening - 3 * DAY + 20 * MINUTE, opening - 20 * DAY, opening
    )
    (stretch,) = older(calendar, OpinionBurst(), now=now)  # two that overlap; the third is too long ago
    assert stretch == (now - 3 * DAY - HOUR, now - 3 * DAY + 20 * MINUTE)
    assert older(calendar, OpinionBurst(), now=opening - MINUTE) == ()
    assert (
        older(opened(campaign, opening - 13 * HOUR, opening), OpinionBurst(), now=now) == ()
    )  # the baseline has it
