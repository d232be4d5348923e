"""The truth's own sums, against a ledger small enough to add up by hand."""

from datetime import datetime, timedelta, timezone

import pytest

from domain.campaign import Campaign
from domain.measures import FIGURES
from rehearsal.ledger import (
    APPLICATION,
    APPROVAL,
    CLAIM,
    PAYMENT,
    REDEMPTION,
    REFUND,
    REJECTION,
    Happening,
    Lot,
)
from rehearsal.totals import published_totals

SHANGHAI = timezone(timedelta(hours=8))
BY = ("programme", "tranche", "sector")


def _at(day: int, hour: int) -> datetime:
    return datetime(2022, 10, 1, hour, tzinfo=SHANGHAI) + timedelta(days=day - 1)


def _lot(campaign: Campaign, template: str, round_no: int = 1) -> Lot:
    t = campaign.templates[template]
    r = campaign.rounds[t.programme, round_no]
    return Lot(
        campaign.programmes[t.programme],
        t,
        round_no,
        opens=int(r.opens_at.timestamp()),
        closes=int(r.claim_closes_at.timestamp()),
        use_until=int(r.use_until.timestamp()),
        quantity=100,
        prefix="",
    )


@pytest.fixture
def ledger(small_campaign: Campaign) -> list[Happening]:
    """Five claims of 20 yuan and one of 10; three of 20 used for 100, 150 and 230.50; the second one returned."""
    ret, cat = _lot(small_campaign, "city.ret20"), _lot(small_campaign, "city.cat10")
    nine, ten, noon = (int(_at(28, hour).timestamp()) for hour in (9, 10, 12))
    claims = [Happening(nine, f"L{n}", CLAIM, ret, f"Q{n}", "u") for n in range(5)]
    used = [
        Happening(ten, f"H{n}", REDEMPTION, ret, f"Q{n}", "u", None, order, order - 2_000)
        for n, order in enumerate((10_000, 15_000, 23_050))
    ]
    back = Happening(noon, "T1", REFUND, ret, "Q1", "u", origin_event_no="H1", returned_fen=2_000)
    return [*claims, Happening(nine, "L9", CLAIM, cat, "Q9", "u"), *used, back]


def _row(totals: dict, **keys: str) -> dict:
    return next(r for r in totals["rows"] if all(r[k] == v for k, v in keys.items()))


def test_the_hand_counted_ledger_gives_the_hand_counted_figures(
    small_campaign: Campaign, ledger: list[Happening]
):
    totals = published_totals(small_campaign, ledger, by=BY, as_of=_at(28, 13))
    figures = {k: v for k, v in _row(totals, programme="city", sector="retail").items() if k in FIGURES}
    assert figures == {
        "issued_count": 2_000, "issued_fen": 4_000_000,
        "claimed_count": 5, "claimed_fen": 10_000,
        "redeemed_gross_count": 3, "redeemed_gross_fen": 6_000,
        "refunded_count": 1, "refunded_fen": 2_000,
        "redeemed_net_count": 2, "redeemed_net_fen": 4_000,
        "pool_returned_fen": 2_000,
        "expired_count": 0, "expired_fen": 0,
        "outstanding_count": 2, "outstanding_fen": 4_000,
        "direct_spend_fen": 33_050, "orders_count": 2, "orphaned_count": 0,
        "subsidy_applied_count": 0, "subsidy_applied_fen": 0,
        "subsidy_approved_count": 0, "subsidy_approved_fen": 0, "subsidy_rejected_count": 0,
        "subsidy_paid_count": 0, "subsidy_paid_fen": 0,
    }  # fmt: skip


def test_a_refund_that_came_later_does_not_count_before(small_campaign: Campaign, ledger: list[Happening]):
    total = published_totals(small_campaign, ledger, by=BY, as_of=_at(28, 11))["total"]
    assert (total["refunded_count"], total["direct_spend_fen"], total["orders_count"]) == (0, 48_050, 3)


def test_what_is_not_used_by_its_last_day_has_expired(small_campaign: Campaign, ledger: list[Happening]):
    last_day = small_campaign.rounds["city", 1].use_until
    before = published_totals(small_campaign, ledger, by=BY, as_of=last_day)["total"]
    after = published_totals(small_campaign, ledger, by=BY, as_of=last_day + timedelta(seconds=1))["total"]
    assert (before["outstanding_count"], before["expired_count"]) == (3, 0)
    assert (after["outstanding_count"], after["expired_count"], after["expired_fen"]) == (0, 3, 5_000)
    assert after["claimed_count"] == after["redeemed_gross_count"] + after["expired_count"]


def test_only_cells_with_something_issued_or_claimed_have_a_row(
    small_campaign: Campaign, ledger: list[Happening]
):
    rows = published_totals(small_campaign, ledger, by=BY, as_of=_at(28, 13))["rows"]
    assert [(r["programme"], r["tranche"], r["sector"]) for r in rows] == [
        ("city", "T1", "catering"),
        ("city", "T1", "retail"),
        ("luzhou", "T1", "retail"),  # issued, nothing claimed
    ]
    assert [r["data_time"] for r in rows][-1] is None


def test_before_the_first_round_there_is_nothing(small_campaign: Campaign):
    totals = published_totals(small_campaign, [], by=BY, as_of=_at(28, 8))
    assert totals["rows"] == []
    assert set(totals["total"].values()) == {0}


def test_a_row_has_every_figure_of_the_contract_and_the_rows_sum_to_the_total(
    small_campaign: Campaign, ledger: list[Happening]
):
    totals = published_totals(small_campaign, ledger, by=("template", "round"), as_of=_at(28, 13))
    assert tuple(totals["total"]) == FIGURES
    for name in FIGURES:
        assert sum(row[name] for row in totals["rows"]) == totals["total"][name]


def test_a_key_that_cannot_be_told_is_refused(small_campaign: Campaign):
    with pytest.raises(ValueError, match="county"):
        published_totals(small_campaign, [], by=("county",), as_of=_at(28, 13))


def test_a_happening_let_out_once_counts_once_even_if_its_refund_is_told_twice(
    small_campaign: Campaign, ledger: list[Happening]
):
    again = ledger[-1]._replace(event_no="T1-again")
    total = published_totals(small_campaign, [*ledger, again], by=BY, as_of=_at(28, 13))["total"]
    assert (total["refunded_count"], total["pool_returned_fen"]) == (1, 2_000)


def test_every_step_of_an_audited_subsidy_counts_with_its_own_amount(audited: Campaign):
    car, nine = _lot(audited, "city.auto"), int(_at(28, 9).timestamp())
    steps = [(APPLICATION, "A1", 100_000), (APPLICATION, "A2", 100_000), (APPLICATION, "A3", 90_000),
             (APPROVAL, "P1", 50_000), (REJECTION, "J2", 100_000), (PAYMENT, "F1", 50_000)]  # fmt: skip
    played = [Happening(nine, no, kind, car, "S", "u", subsidy_fen=fen) for kind, no, fen in steps]
    total = published_totals(audited, played, by=BY, as_of=_at(28, 13))["total"]
    found = {name: total[name] for name in total if name.startswith("subsidy")}
    assert found == {
        "subsidy_applied_count": 3, "subsidy_applied_fen": 290_000, "subsidy_approved_count": 1,
        "subsidy_approved_fen": 50_000, "subsidy_rejected_count": 1, "subsidy_paid_count": 1,
        "subsidy_paid_fen": 50_000,
    }  # fmt: skip
    assert (total["claimed_count"], total["direct_spend_fen"], total["outstanding_count"]) == (0, 0, 0)
