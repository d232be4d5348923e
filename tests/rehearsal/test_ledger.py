"""The generated truth: the same every time, lawful voucher by voucher, and shaped like a launch day."""

import re
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from domain.campaign import Campaign, load_campaign
from rehearsal.ledger import (
    APPLICATION,
    APPROVAL,
    AUDITED,
    CLAIM,
    PAYMENT,
    REDEMPTION,
    REFUND,
    REJECTION,
    Happening,
    Ledger,
)
from tests.audited import audited_toml

SEED = 7


@pytest.fixture(scope="module")
def cars(campaign: Campaign) -> list[Happening]:
    """Every step of every audited subsidy of the campaign."""
    return [h for h in Ledger(campaign, SEED).play_until(_at(campaign, hours=24 * 60)) if h.kind in AUDITED]


@pytest.fixture(scope="module")
def day(campaign: Campaign) -> list[Happening]:
    """Everything that ever happens to the vouchers let out on launch day, in time order."""
    return sorted(Ledger(campaign, SEED).play_until(_at(campaign, hours=14)))


def _at(campaign: Campaign, *, hours: float) -> datetime:
    return campaign.campaign.launch_at + timedelta(hours=hours)


def _epoch(campaign: Campaign, *, hours: float) -> float:
    return _at(campaign, hours=hours).timestamp()


def test_the_same_seed_gives_the_same_truth(small_campaign: Campaign):
    until = _at(small_campaign, hours=24 * 30)
    assert list(Ledger(small_campaign, 3).play_until(until)) == list(
        Ledger(small_campaign, 3).play_until(until)
    )


def test_another_seed_gives_another_truth(small_campaign: Campaign):
    until = _at(small_campaign, hours=1)
    assert list(Ledger(small_campaign, 3).play_until(until)) != list(
        Ledger(small_campaign, 4).play_until(until)
    )


def test_it_does_not_matter_in_how_many_steps_the_rounds_are_played(small_campaign: Campaign):
    at_once = sorted(Ledger(small_campaign, 3).play_until(_at(small_campaign, hours=24 * 30)))
    stepped = Ledger(small_campaign, 3)
    steps = [h for days in range(31) for h in stepped.play_until(_at(small_campaign, hours=24 * days))]
    assert sorted(steps) == at_once


def test_the_allocations_are_the_tranche_and_the_rounds_are_the_allocations(campaign: Campaign):
    assert sum(p.allocation_fen for p in campaign.programme) == 3_180_000_000
    for p in campaign.programme:
        faces = [
            campaign.templates[line.template].face_fen * line.qty
            for r in campaign.round
            if r.programme == p.id
            for line in r.lines
        ]
        assert sum(faces) == p.allocation_fen


def test_nobody_claims_more_than_was_issued_nor_uses_more_than_was_claimed(day: list[Happening]):
    counts: dict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    stock = {}
    for h in day:
        counts[h.lot.template.id, h.lot.round_no][h.kind] += 1
        stock[h.lot.template.id, h.lot.round_no] = h.lot.quantity
    for lot, n in counts.items():
        assert n[REFUND] <= n[REDEMPTION] <= n[CLAIM] <= stock[lot]


def test_a_voucher_is_claimed_then_used_once_within_its_days(day: list[Happening]):
    claimed = {h.voucher_no: h for h in day if h.kind == CLAIM}
    used = [h for h in day if h.kind == REDEMPTION]
    assert len(claimed) == sum(h.kind == CLAIM for h in day)
    assert len({h.voucher_no for h in used}) == len(used)
    for h in used:
        assert claimed[h.voucher_no].at < h.at <= h.lot.use_until
        assert claimed[h.voucher_no].user_ref == h.user_ref
    assert all(h.lot.opens <= h.at <= h.lot.closes for h in claimed.values())


def test_a_refund_undoes_exactly_one_earlier_redemption_with_its_full_face(day: list[Happening]):
    used = {h.event_no: h for h in day if h.kind == REDEMPTION}
    refunds = [h for h in day if h.kind == REFUND]
    assert len({h.origin_event_no for h in refunds}) == len(refunds) > 0
    for h in refunds:
        origin = used[h.origin_event_no or ""]
        assert origin.at < h.at
        assert origin.voucher_no == h.voucher_no
        assert h.returned_fen == h.lot.template.face_fen
    assert 0.01 <= len(refunds) / len(used) <= 0.02


def test_an_order_reaches_its_minimum_spend_and_spending_is_at_least_five_times_the_face(
    day: list[Happening],
):
    used = [h for h in day if h.kind == REDEMPTION]
    assert all((h.order_fen or 0) >= h.lot.template.min_spend_fen for h in used)
    assert all(0 < (h.paid_fen or 0) <= (h.order_fen or 0) - h.lot.template.face_fen for h in used)
    leverage = sum(h.order_fen or 0 for h in used) / sum(h.lot.template.face_fen for h in used)
    assert 5 <= leverage <= 22  # the glossary's guard rail
    assert any(h.order_fen == h.lot.template.min_spend_fen for h in used)


def test_a_county_voucher_is_used_in_its_county_and_a_city_voucher_anywhere(
    day: list[Happening], campaign: Campaign
):
    places = defaultdict(set)
    for h in day:
        if h.shop:
            places[h.lot.programme.id].add(h.shop.county)
            assert h.shop.sector == h.lot.template.sector
    assert places.pop("city") == set(campaign.divisions)
    assert all(counties == {campaign.programmes[p].division} for p, counties in places.items())


def test_event_numbers_never_repeat(day: list[Happening]):
    assert len({h.event_no for h in day}) == len(day)


def test_launch_day_lets_out_as_many_vouchers_as_planned(day: list[Happening], campaign: Campaign):
    midnight = _epoch(campaign, hours=15)
    assert 110_000 <= sum(h.kind == CLAIM and h.at < midnight for h in day) <= 140_000


def test_the_city_s_small_vouchers_are_gone_after_105_seconds_and_the_large_ones_are_not(
    day: list[Happening], campaign: Campaign
):
    claims = [h for h in day if h.kind == CLAIM and h.lot.programme.id == "city"]
    after = _epoch(campaign, hours=105 / 3600)
    small = [h for h in claims if h.lot.template.face_fen < 10_000]
    large = [h for h in claims if h.lot.template.face_fen >= 10_000]
    assert max(h.at for h in small) <= after
    assert len(small) == sum({h.lot.template.id: h.lot.quantity for h in small}.values())
    assert sum(h.at > after for h in large) > 0.9 * len(large)


def test_redemptions_begin_minutes_after_the_opening_and_pause_at_night(
    day: list[Happening], campaign: Campaign
):
    used = sorted(h.at for h in day if h.kind == REDEMPTION and h.lot.template.sector == "retail")
    assert used[0] < _epoch(campaign, hours=0.1)
    night = [t for t in used if _epoch(campaign, hours=15) <= t < _epoch(campaign, hours=21)]
    noon = [t for t in used if _epoch(campaign, hours=25) <= t < _epoch(campaign, hours=28)]
    assert not night
    assert noon


def test_a_few_shops_do_much_of_the_trade(day: list[Happening]):
    shops = Counter(h.shop.no for h in day if h.shop and h.lot.template.id == "luzhou.ret10")
    ten = sum(n for _, n in shops.most_common(10))
    assert 0.15 < ten / shops.total() < 0.5


@pytest.mark.slow
def test_an_application_is_decided_within_days_and_paid_once_if_it_was_approved(cars: list[Happening]):
    asked = {h.event_no: h for h in cars if h.kind == APPLICATION}
    decided = {h.origin_event_no: h for h in cars if h.kind in (APPROVAL, REJECTION)}
    paid = [h for h in cars if h.kind == PAYMENT]
    assert set(decided) == set(asked)
    assert len(decided) + len(asked) + len(paid) == len(cars)
    assert {h.origin_event_no for h in paid} == {no for no, h in decided.items() if h.kind == APPROVAL}
    for no, decision in decided.items():
        assert 0 < decision.at - asked[no].at < 6 * 86_400
        assert decision.face_fen <= asked[no].face_fen == asked[no].lot.template.face_fen
        assert (decision.voucher_no, decision.user_ref) == (asked[no].voucher_no, asked[no].user_ref)
        assert (asked[no].order_fen or 0) >= asked[no].lot.template.min_spend_fen
    for payment in paid:
        assert payment.at > decided[payment.origin_event_no].at
        assert payment.face_fen == decided[payment.origin_event_no].face_fen
    refused = sum(h.kind == REJECTION for h in decided.values()) / len(decided)
    assert 0.04 < refused < 0.12


@pytest.mark.slow
def test_cars_are_not_asked_for_beyond_what_was_let_out(cars: list[Happening]):
    asked = Counter(
        (h.lot.template.id, h.lot.round_no, h.lot.quantity) for h in cars if h.kind == APPLICATION
    )
    assert all(n <= quantity for (_, _, quantity), n in asked.items())


def test_a_platform_that_knows_vouchers_only_has_no_audited_subsidies(audited: Campaign, tmp_path: Path):
    path = tmp_path / "campaign.toml"
    path.write_text(re.sub('kind = "(json_api|bank_drop)"', 'kind = "wechatpay"', audited_toml()), "utf-8")
    until = _at(audited, hours=24 * 30)
    told, silent = (list(Ledger(c, 3).play_until(until)) for c in (audited, load_campaign(path)))
    assert any(h.kind in AUDITED for h in told)
    assert silent
    assert [h.event_no for h in told if h.kind not in AUDITED] == [h.event_no for h in silent]
