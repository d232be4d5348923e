"""What happens in the city: people claim, use and return vouchers; applications are filed, decided and paid."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from domain.records import Entry, Event, Kind
from tests.store.machine.ground import Ground, pick
from tests.store.machine.town import CARS, LONG, MINUTES, OPENING, ORDERS, PLACES


class Happenings(Ground):
    """Everything here only happens; nothing of it has arrived."""

    @rule(
        place=st.sampled_from(PLACES),
        minutes=st.lists(st.sampled_from(MINUTES), min_size=1, max_size=3),
        used=st.sampled_from((None, 61, LONG)),
    )
    def claim(self, place: tuple[str, str, str, int], minutes: list[int], used: int | None) -> None:
        """`used`: so many minutes later; None: not yet."""
        programme, sub_project, template, face_fen = place
        owner = self.campaign.programmes[programme]
        for minute in minutes:
            n = sum(entry.event.sub_project == sub_project for entry in self.claimed)
            event = Event(
                kind=Kind.CLAIM,
                platform=owner.platform,
                sub_project=sub_project,
                event_no=f"C{n}",
                template=template,
                round_no=1,
                voucher_no=f"V{n}",
                county=None,
                user_ref=f"U{n % 3}",
                face_fen=face_fen,
                occurred_at=OPENING + timedelta(minutes=minute),
            )
            sector = self.campaign.templates[template].sector
            self.claimed.append(
                Entry(
                    event=event,
                    programme=programme,
                    tranche=owner.tranche,
                    sector=sector,
                    county=owner.division,
                )
            )
            self.waiting.append(self.claimed[-1])
            if used is not None:
                self._use(self.claimed[-1], minute=used, order_fen=10_000, shop=1, away=False)

    @precondition(lambda self: len(self.claimed) > len(self.redeemed))
    @rule(
        which=pick,
        minute=st.sampled_from(MINUTES),
        order_fen=st.sampled_from(ORDERS),
        shop=st.integers(0, 2),
        away=st.sampled_from((False, False, True)),
    )
    def redeem(self, which: int, minute: int, order_fen: int | None, shop: int, away: bool) -> None:
        """`away`: a county's voucher in another county."""
        used = {(e.event.sub_project, e.event.voucher_no) for e in self.redeemed}
        free = [e for e in self.claimed if (e.event.sub_project, e.event.voucher_no) not in used]
        self._use(free[which % len(free)], minute=minute, order_fen=order_fen, shop=shop, away=away)

    def _use(self, claim: Entry, *, minute: int, order_fen: int | None, shop: int, away: bool) -> None:
        elsewhere = next(d.code for d in self.campaign.division if d.code != claim.county)
        county = elsewhere if away else claim.county
        if claim.programme == "city":
            county = self.campaign.division[shop % 2].code
        event = replace(
            claim.event,
            kind=Kind.REDEMPTION,
            event_no="R" + claim.event.voucher_no,
            county=county,
            merchant=f"M{shop}" if shop else None,
            order_fen=order_fen,
            occurred_at=claim.event.occurred_at + timedelta(minutes=minute),
        )
        self.redeemed.append(replace(claim, event=event, county=county))
        self.waiting.append(self.redeemed[-1])

    @precondition(lambda self: self.redeemed)
    @rule(
        which=pick,
        returned=st.lists(st.sampled_from((None, 0, 300, 500, 500, 1000)), min_size=1, max_size=3),
        apart=st.sampled_from((9, 9, -1)),
    )
    def refund(self, which: int, returned: list[int | None], apart: int) -> None:
        """`returned`: by each notice; a part, nothing, or not said. Together they may be short, right or too much.

        The last notice to come is the first by its own time; or all are from before the redemption.
        """
        origin = self.redeemed[which % len(self.redeemed)]
        for n, fen in enumerate(returned):
            event = replace(
                origin.event,
                kind=Kind.REFUND,
                event_no=f"B{n}{origin.event.voucher_no}",
                origin_event_no=origin.event.event_no,
                order_fen=None,
                returned_fen=fen,
                occurred_at=origin.event.occurred_at + timedelta(hours=apart * (3 - n)),
            )
            self.waiting.append(replace(origin, event=event))

    @rule(car=st.sampled_from(CARS), minute=st.sampled_from(MINUTES), less=st.sampled_from((0, 1, 40_000)))
    def apply(self, car: tuple[str, str, str], minute: int, less: int) -> None:
        programme, sub_project, name = car
        owner, template = self.campaign.programmes[programme], self.campaign.templates[name]
        n = sum(entry.event.sub_project == sub_project for entry in self.applied)
        county = self.campaign.division[0].code if programme == "city" else owner.division
        event = Event(
            kind=Kind.APPLICATION,
            platform=owner.platform,
            sub_project=sub_project,
            event_no=f"RV{n}",
            template=name,
            round_no=1,
            voucher_no=f"S{n}",
            county=county,
            face_fen=template.face_fen - less,
            occurred_at=OPENING + timedelta(minutes=minute),
        )
        entry = Entry(
            event=event, programme=programme, tranche=owner.tranche, sector=template.sector, county=county
        )
        self.applied.append(entry)
        self.waiting.append(entry)

    @precondition(lambda self: self.applied)
    @rule(
        which=pick,
        kinds=st.lists(
            st.sampled_from((Kind.APPROVAL, Kind.REJECTION, Kind.PAYMENT)), min_size=1, max_size=3
        ),
        less=st.sampled_from((0, 0, 1, 50_000, -9_950_000)),
        minute=st.sampled_from((-1, *MINUTES)),
    )
    def audit(self, which: int, kinds: list[Kind], less: int, minute: int) -> None:
        """A desk decides, decides again, pays before it has decided, and pays twice: in any order of its own times."""
        asked = self.applied[which % len(self.applied)]
        for kind in kinds:
            n = sum(e.event.kind is kind for e in (*self.waiting, *self.delivered))
            event = replace(
                asked.event,
                kind=kind,
                event_no=f"{kind[0]}{n}",
                origin_event_no=asked.event.event_no,
                face_fen=100_000 - less,
                occurred_at=asked.event.occurred_at + timedelta(minutes=minute),
            )
            self.waiting.append(replace(asked, event=event))
