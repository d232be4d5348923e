"""What a platform states: of days that are over and what the campaign knows, each once, the newest standing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from domain.campaign import Campaign
from domain.statements import Metric, Statement
from ingest.admit import admit
from store import schema
from tests.store.stated_day import CLAIMS, DAY, MIDNIGHT, MORNING, content, run, state


def test_a_day_that_is_not_over_cannot_be_stated(small_campaign: Campaign) -> None:
    early = Statement(
        platform="city-pay", sub_project="SP-CITY-R", metric=Metric.CLAIMED, value_count=1, day=DAY,
        stated_at=MIDNIGHT - timedelta(seconds=1),
    )  # fmt: skip
    (rejected,) = admit(small_campaign, [early]).rejects
    assert rejected.field == "stated_at"


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("sub_project", {"sub_project": "SP-UNKNOWN"}),
        ("platform", {"platform": "bank-a"}),
        ("template", {"template": "nothing", "round_no": 1}),
        ("round", {"template": "city.ret20", "round_no": 99}),
        ("day", {"day": None}),
    ],
)
def test_a_total_of_what_the_campaign_does_not_know_is_rejected(
    small_campaign: Campaign, field: str, changes: dict[str, Any]
) -> None:
    told: dict[str, Any] = {
        "platform": "city-pay", "sub_project": "SP-CITY-R", "metric": Metric.CLAIMED, "value_count": 1, "day": DAY,
        "stated_at": MIDNIGHT,
    }  # fmt: skip
    (rejected,) = admit(small_campaign, [Statement(**(told | changes))]).rejects
    assert rejected.field == field


def test_an_older_statement_that_comes_later_does_not_hold(
    played: Connection, small_campaign: Campaign
) -> None:
    state(played, small_campaign, Metric.CLAIMED, CLAIMS, None, stated_at=MORNING)
    state(played, small_campaign, Metric.CLAIMED, CLAIMS + 7, None, stated_at=MIDNIGHT, sha256="b" * 64)
    assert run(played, small_campaign).opened == 0


def test_the_same_statement_again_adds_no_row(played: Connection, small_campaign: Campaign) -> None:
    for _ in range(2):
        state(played, small_campaign, Metric.CLAIMED, CLAIMS, None)
    assert len(content(played, schema.statements)["statements"]) == 1
