"""One seeded truth: what happens to every voucher of the campaign, second by second.

Each round is played on its own from (seed, programme, round number), so that a round's happenings do not depend on
which others were played before. Only standard random numbers: the same seed gives the same truth everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from random import Random
from typing import NamedTuple

from domain.campaign import Campaign, Line, Programme, Round, Template
from rehearsal import rhythm
from rehearsal.shops import Register, Shop

_SELL_OUT_S = 105  # Hangzhou 2020 round 5: everything claimed after 105 s
_LARGE_FACE_FEN = 10_000  # from 100 yuan on: large-face vouchers last days, small ones minutes
_USED_SHARE = {False: 0.84, True: 0.72}  # by large face, before the last day cuts some off
_REFUNDED_SHARE = 0.015
_REJECTED_SHARE = 0.08
_CUT_SHARE = 0.06  # approved for less than was applied for
_TELL_AUDITS = ("bank_drop", "json_api")  # the forms that can; coupon platforms know vouchers only


class Lot(NamedTuple):
    """One template of one round: what its vouchers have in common."""

    programme: Programme
    template: Template
    round_no: int
    opens: int
    closes: int
    use_until: int
    quantity: int
    prefix: str  # ten digits its numbers begin with


class Happening(NamedTuple):
    """One thing that happened to one voucher. A tuple, since a day has two hundred thousand. Amounts in fen.

    Sorts by time; `kind` is the number's first letter: L claim, H redemption, T refund; of an application, whose
    number stands in place of the voucher's: A application, P approval, J rejection, F payment.
    """

    at: int  # epoch seconds
    event_no: str
    kind: str
    lot: Lot
    voucher_no: str
    user_ref: str
    shop: Shop | None = None
    order_fen: int | None = None
    paid_fen: int | None = None
    origin_event_no: str | None = None
    returned_fen: int | None = None
    subsidy_fen: int | None = None  # applied for, approved, refused or paid by this step

    @property
    def face_fen(self) -> int:
        return self.lot.template.face_fen if self.subsidy_fen is None else self.subsidy_fen


CLAIM, REDEMPTION, REFUND = "claim", "redemption", "refund"
APPLICATION, APPROVAL, REJECTION, PAYMENT = "application", "approval", "rejection", "payment"
AUDITED = (APPLICATION, APPROVAL, REJECTION, PAYMENT)


class Ledger:
    """Plays the campaign's rounds. Audited subsidies only where the programme's platform has a form to tell of them."""

    def __init__(self, campaign: Campaign, seed: int) -> None:
        self.campaign = campaign
        self.register = Register(campaign, seed)
        self._seed = seed
        self._rounds = sorted(campaign.round, key=lambda r: (r.opens_at, r.programme))
        self._played = 0

    def play_until(self, opens: datetime) -> Iterator[Happening]:
        """Everything that will ever happen in rounds opening by `opens` and not played before; round by round."""
        while self._played < len(self._rounds) and self._rounds[self._played].opens_at <= opens:
            r = self._rounds[self._played]
            self._played += 1
            yield from self._play(r)

    def lots(self, platform: str) -> Iterator[Lot]:
        """Every lot that a platform will pay, played already or not."""
        for r in self._rounds:
            if self.campaign.programmes[r.programme].platform == platform:
                lots = (self._lot(r, line) for line in r.lines)
                yield from (lot for lot in lots if lot.template.kind == "voucher")

    def _play(self, r: Round) -> Iterator[Happening]:
        rng = Random(f"{self._seed}/{r.programme}/{r.no}")
        for line in r.lines:
            lot = self._lot(r, line)
            if lot.template.kind == "voucher":
                yield from self._play_lot(lot, rng)
            elif self.campaign.platforms[lot.programme.platform].kind in _TELL_AUDITS:
                # dice of its own: the vouchers of the round fall as they would without it
                yield from self._play_audits(lot, Random(f"{self._seed}/{lot.prefix}"))

    def _lot(self, r: Round, line: Line) -> Lot:
        template, programme = self.campaign.templates[line.template], self.campaign.programmes[r.programme]
        places = [p.id for p in self.campaign.programme], [t.id for t in self.campaign.template]
        prefix = f"22{places[0].index(programme.id):02d}{places[1].index(template.id):03d}{r.no:03d}"
        return Lot(
            programme,
            template,
            r.no,
            opens=int(r.opens_at.timestamp()),
            closes=int(r.claim_closes_at.timestamp()),
            use_until=int(r.use_until.timestamp()),
            quantity=line.qty,
            prefix=prefix,
        )

    def _play_lot(self, lot: Lot, rng: Random) -> Iterator[Happening]:
        template = lot.template
        hours = rhythm.BY_SECTOR.get(template.sector, rhythm.SHOPS)
        claims = sorted(_claim_times(lot, rng))
        shops = self.register.street(lot.programme.use_scope, template.sector).pick(len(claims), rng)
        used_share = _USED_SHARE[template.face_fen >= _LARGE_FACE_FEN]
        for n, (claimed, shop) in enumerate(zip(claims, shops, strict=True), 1):
            voucher, user = f"Q{lot.prefix}{n:07d}", _user(lot, rng)
            yield Happening(claimed, f"L{lot.prefix}{n:07d}", CLAIM, lot, voucher, user)
            if rng.random() >= used_share:
                continue
            used = rhythm.use_time(claimed, use_until=lot.use_until, hours=hours, rng=rng)
            if used is None:
                continue
            number = f"H{lot.prefix}{n:07d}"
            order, paid = _amounts(template, rng)
            yield Happening(used, number, REDEMPTION, lot, voucher, user, shop, order, paid)
            if rng.random() < _REFUNDED_SHARE:  # work plan 七(五): the full face goes back to the pool
                back = rhythm.refund_time(used, hours=hours, rng=rng)
                yield Happening(
                    back, f"T{lot.prefix}{n:07d}", REFUND, lot, voucher, user, shop,
                    origin_event_no=number, returned_fen=template.face_fen,
                )  # fmt: skip

    def _play_audits(self, lot: Lot, rng: Random) -> Iterator[Happening]:
        """Applied for while the round is open, decided after one to five days, paid three to ten days later."""
        number = int(lot.quantity * rng.uniform(0.75, 0.95))
        times = rhythm.trickle(number, opens=lot.opens, closes=lot.closes, decay_days=1.5, rng=rng)
        shops = self.register.street(lot.programme.use_scope, lot.template.sector).pick(number, rng)
        for n, (applied, shop) in enumerate(zip(sorted(times), shops, strict=True), 1):
            order_fen, _ = _amounts(lot.template, rng)
            name, user = f"{lot.prefix}{n:07d}", _user(lot, rng)
            application = Happening(
                applied, f"A{name}", APPLICATION, lot, f"S{name}", user, shop, order_fen,
                subsidy_fen=lot.template.face_fen,
            )  # fmt: skip
            yield application
            yield from _audited(application, rng)


_LETTER = {APPROVAL: "P", REJECTION: "J", PAYMENT: "F"}


def _audited(application: Happening, rng: Random) -> Iterator[Happening]:
    """What the desk makes of it: refused, or approved in full or in part and paid."""
    decided = rhythm.desk_time(application.at, days=(1, 5), rng=rng)
    asked_fen = application.face_fen
    if rng.random() < _REJECTED_SHARE:
        yield _step(application, REJECTION, decided, asked_fen)
        return
    granted_fen = asked_fen // 2 if rng.random() < _CUT_SHARE else asked_fen
    yield _step(application, APPROVAL, decided, granted_fen)
    yield _step(application, PAYMENT, rhythm.desk_time(decided, days=(3, 10), rng=rng), granted_fen)


def _step(application: Happening, kind: str, at: int, fen: int) -> Happening:
    number = f"{_LETTER[kind]}{application.event_no[1:]}"
    origin = application.event_no
    return application._replace(
        at=at, event_no=number, kind=kind, order_fen=None, origin_event_no=origin, subsidy_fen=fen
    )


def _claim_times(lot: Lot, rng: Random) -> Iterator[int]:
    """The rush at the opening, then what is left over the following days."""
    large = lot.template.face_fen >= _LARGE_FACE_FEN
    city_first = lot.programme.level == "city" and lot.round_no == 1
    if city_first and not large:
        seconds, in_rush, wanted = _SELL_OUT_S * (0.9 + 0.1 * rng.random()), 1.0, 1.0
    elif large:
        seconds, in_rush, wanted = rng.uniform(3_000, 5_400), 0.4, rng.uniform(0.75, 0.95)
    else:
        seconds, in_rush, wanted = rng.uniform(300, 2_400), 0.72, rng.uniform(0.93, 1.0)
    total = int(lot.quantity * wanted)
    first = int(total * in_rush)
    yield from (lot.opens + s for s in rhythm.rush(first, seconds=seconds, rng=rng))
    yield from rhythm.trickle(
        total - first, opens=lot.opens + int(seconds), closes=lot.closes, decay_days=0.9, rng=rng
    )


def _user(lot: Lot, rng: Random) -> str:
    """A claimant of this programme, as the platform hashes him: the same person comes again now and then."""
    person = int(rng.random() * 120_000)
    return f"u{hash_of(person, lot.programme.id):014x}"


def hash_of(number: int, name: str) -> int:
    """A stable scramble; Python's own hash() of text differs from process to process."""
    salt = int.from_bytes(name.encode()[:8].ljust(8, b"."), "big")
    return ((number + 1) * 0x9E3779B97F4A7C15 ^ salt) & 0xFFFFFFFFFFFFFF


def _amounts(template: Template, rng: Random) -> tuple[int, int]:
    """(order total, paid). Never below the minimum spend: one order in sixteen is exactly at it."""
    order = template.min_spend_fen
    if rng.random() >= 0.06:
        over = rng.lognormvariate(math.log(0.22), 0.9)
        order += int(template.min_spend_fen * min(over, 6.0)) // 10 * 10
    paid = order - template.face_fen
    if rng.random() < 0.1:  # the merchant adds something of his own (work plan 七(四))
        paid -= paid // 50
    return order, paid
