"""D2: what a platform's total being another than ours is worth telling, and how loud."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from alerts.finding import Finding
from alerts.rules import unreconciled
from domain.campaign import Campaign
from domain.readings import Level
from domain.statements import Discrepancy, Metric, Pair, Subject
from tests.alerts.windows import window


def discrepancy(
    now: datetime, *, count: int | None = 0, fen: int | None = 0, number: int = 1, **about: Any
) -> Discrepancy:
    """Open on the city's launch day; the platform has so much more than we."""
    subject: dict[str, Any] = {
        "programme": "city", "platform": "city-pay", "tranche": "P1", "metric": Metric.REDEEMED_GROSS,
        "day": now.replace(hour=0),
    }  # fmt: skip
    ours = Pair(count=None if count is None else 10, fen=None if fen is None else 20_000)
    theirs = Pair(count=None if count is None else 10 + count, fen=None if fen is None else 20_000 + fen)
    return Discrepancy(
        discrepancy_id=number, subject=Subject(**(subject | about)), ours=ours, theirs=theirs, stated_at=now,
        opened_at=now, refreshed_at=now,
    )  # fmt: skip


def findings(campaign: Campaign, now: datetime, *open_now: Discrepancy) -> list[Finding]:
    later = now + timedelta(days=1)
    return list(unreconciled.findings(window(campaign, later, discrepancies=open_now)))


@pytest.mark.parametrize(
    ("fen", "level"),
    [(1, Level.BLUE), (99_999, Level.BLUE), (-100_000, Level.YELLOW), (999_999, Level.YELLOW),
     (1_000_000, Level.ORANGE), (9_999_999, Level.ORANGE), (-10_000_000, Level.RED)],
)  # fmt: skip
def test_the_level_follows_the_money(campaign: Campaign, now: datetime, fen: int, level: Level) -> None:
    (found,) = findings(campaign, now, discrepancy(now, fen=fen))
    assert found.level is level


def test_vouchers_alone_are_worth_their_face_where_the_lot_is_known(
    campaign: Campaign, now: datetime
) -> None:
    template = next(t for t in campaign.template if t.face_fen == 2_000)
    lot = {"template": template.id, "round_no": 1, "day": None}
    (small,) = findings(campaign, now, discrepancy(now, count=1, fen=None, **lot))
    (large,) = findings(campaign, now, discrepancy(now, count=500, fen=None, **lot))
    (unknown,) = findings(campaign, now, discrepancy(now, count=1, fen=None))
    assert (small.level, large.level, unknown.level) == (Level.BLUE, Level.ORANGE, Level.YELLOW)
    assert template.name in small.title
    assert "累计" in small.title


def test_one_difference_is_told_with_its_figures_and_whose_is_more(campaign: Campaign, now: datetime) -> None:
    (found,) = findings(campaign, now, discrepancy(now, count=-1, fen=-2_001, number=7))
    name = campaign.platforms["city-pay"].name
    assert found.title == f"{campaign.city.name}对账不符：10月28日 核销 {name}少 1 张、少 20.01 元"
    assert (found.evidence, found.evidence_count) == (("7",), 1)


def test_a_programme_has_one_alert_at_the_level_of_its_worst(campaign: Campaign, now: datetime) -> None:
    many = [discrepancy(now, fen=1, number=n) for n in range(8)] + [discrepancy(now, fen=10**6, number=9)]
    (found,) = findings(campaign, now, *many)
    assert (found.subject, found.level, found.evidence_count) == ("city", Level.ORANGE, 9)
    assert "9 项" in found.title
    assert found.reasons[-1] == "另有 4 项"
