"""Periods are the campaign file's, and never longer than was promised."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from domain.campaign import Campaign
from domain.retention import Retention


def test_what_is_not_said_is_the_longest_that_was_promised(small_campaign: Campaign) -> None:
    kept = small_campaign.retention
    assert (kept.texts_days, kept.raw_days, kept.inbox_days, kept.people_days) == (90, 90, 7, 183)


@pytest.mark.parametrize(
    "given",
    [{"texts_days": 91}, {"texts_days": 0}, {"raw_days": 91}, {"people_days": 184}, {"inbox_days": "7"},
     {"audit_days": 1}],
)  # fmt: skip
def test_a_longer_period_or_an_unknown_one_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Retention.model_validate(given)


def test_a_shorter_one_is_taken() -> None:
    assert Retention.model_validate({"texts_days": 30}).texts.days == 30
