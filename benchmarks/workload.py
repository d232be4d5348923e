"""The same ledger entries for every arm: claims, redemptions and refunds of the rehearsal campaign, one fixed seed."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from domain.campaign import Campaign, Programme, Template, load_campaign
from domain.records import Entry, Event, Kind
from store.schema import MEASURES

SEED = 20221028
REDELIVERED = 0.10
_USED, _REFUNDED = 0.8, 0.05
_HOT, _COLD = timedelta(hours=1), timedelta(days=30)
TRANCHES = ("SX2022-P1", "SX2022-H2")  # the one in scope, and the one that must not mix with it


def rehearsal_campaign() -> Campaign:
    """The campaign the rehearsal plays: a city and its counties."""
    return load_campaign(Path(__file__).parents[1] / "rehearsal" / "campaign.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What arrives, in its order, and what must stand in the ledger at the end."""

    batches: tuple[tuple[Entry, ...], ...]
    oracle: dict[str, int]  # of `schema.MEASURES`, and "events"

    @property
    def rows(self) -> int:
        return sum(map(len, self.batches))


def hot(campaign: Campaign, rows: int, *, batch: int) -> Workload:
    """An hour as it happens: in order of time, one row in ten delivered again a little later."""
    rng = Random(SEED)
    distinct = sorted(_happenings(campaign, round(rows * (1 - REDELIVERED)), rng, span=_HOT), key=_when)
    return _workload(_redelivered(distinct, rows, rng), distinct, batch)


def cold(campaign: Campaign, rows: int, *, batch: int, tranches: tuple[str, str] = TRANCHES) -> Workload:
    """A back-fill: 30 days in no order, one row in ten twice."""
    rng = Random(SEED)
    wanted = round(rows * (1 - REDELIVERED))
    distinct = list(_happenings(campaign, wanted, rng, span=_COLD, tranches=tranches))
    arriving = _redelivered(distinct, rows, rng)
    rng.shuffle(arriving)
    return _workload(arriving, distinct, batch)


def _when(entry: Entry) -> datetime:
    return entry.event.occurred_at


def _redelivered(distinct: Sequence[Entry], rows: int, rng: Random) -> list[Entry]:
    """Each copy up to 3,000 rows after its original: some in the same batch, most in a later one."""
    places = sorted(rng.sample(range(len(distinct)), rows - len(distinct)))
    again = [(place + rng.uniform(0.5, 3000), distinct[place]) for place in places]
    placed = [*enumerate(distinct), *again]
    return [entry for _, entry in sorted(placed, key=lambda pair: pair[0])]


def _workload(arriving: Sequence[Entry], distinct: Sequence[Entry], batch: int) -> Workload:
    batches = (tuple(arriving[i : i + batch]) for i in range(0, len(arriving), batch))
    return Workload(batches=tuple(map(_as_parsed, batches)), oracle=_oracle(distinct))


def _as_parsed(batch: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Copies that lie in memory in the order they come in, as a connector's do: it makes them from a payload, row by
    row. Where the entries were made in another order, each of a batch's walks would wait for memory instead.
    """
    found: tuple[Entry, ...] = pickle.loads(pickle.dumps(batch))
    return found


def _happenings(
    campaign: Campaign, rows: int, rng: Random, *, span: timedelta, tranches: tuple[str, str] = TRANCHES
) -> Iterator[Entry]:
    """Vouchers until there are `rows` events of them, over all programmes, sectors and both tranches."""
    lines = [
        (campaign.programmes[r.programme], campaign.templates[line.template], r.no)
        for r in campaign.round
        for line in r.lines
        if campaign.templates[line.template].kind == "voucher"
    ]
    start = campaign.campaign.launch_at.astimezone(UTC)  # as sources give their times
    made = voucher = 0
    while made < rows:
        drawn = _voucher(voucher, *rng.choice(lines), rng=rng, start=start, span=span, tranches=tranches)
        for entry in drawn[: rows - made]:
            made += 1
            yield entry
        voucher += 1


def _voucher(
    n: int,
    programme: Programme,
    template: Template,
    round_no: int,
    *,
    rng: Random,
    start: datetime,
    span: timedelta,
    tranches: tuple[str, str],
) -> list[Entry]:
    tranche = tranches[n % 10 == 0]
    used_at = programme.division if programme.level == "county" else f"1404{rng.randint(3, 14):02d}"
    claimed = start + timedelta(seconds=round(rng.random() * span.total_seconds()))
    redeemed = claimed + timedelta(seconds=rng.randint(60, 3000))
    order = template.min_spend_fen + rng.randint(0, 30_000)

    def entry(kind: Kind, number: str, at: datetime, **more: str | int) -> Entry:
        event = Event(
            kind=kind,
            platform=programme.platform,
            sub_project=f"{tranche}-{programme.sub_projects.redeem}",
            event_no=number,
            template=template.id,
            round_no=round_no,
            voucher_no=f"Q{n:013d}",
            county=None if kind is Kind.CLAIM else used_at,
            face_fen=template.face_fen,
            occurred_at=at,
            user_ref=f"{n % 40_000:032x}",
            **more,  # type: ignore[arg-type]
        )
        county = programme.division if kind is Kind.CLAIM else used_at
        return Entry(
            event=event, programme=programme.id, tranche=tranche, sector=template.sector, county=county
        )

    shop = {"merchant": f"M{used_at}{n % 300:04d}", "order_no": f"O{n:013d}"}
    found = [entry(Kind.CLAIM, f"L{n:013d}", claimed)]
    if rng.random() < _USED:
        paid = {"order_fen": order, "paid_fen": order - template.face_fen}
        found.append(entry(Kind.REDEMPTION, f"H{n:013d}", redeemed, **shop, **paid))
        if rng.random() < _REFUNDED:
            back = {"origin_event_no": f"H{n:013d}", "returned_fen": template.face_fen}
            found.append(entry(Kind.REFUND, f"T{n:013d}", redeemed + timedelta(minutes=5), **shop, **back))
    return found


def _oracle(distinct: Sequence[Entry]) -> dict[str, int]:
    """The truth, from how the entries were made and not from any of the code that is measured."""
    claims = [e.event for e in distinct if e.event.kind is Kind.CLAIM]
    used = {e.event.event_no: e.event for e in distinct if e.event.kind is Kind.REDEMPTION}
    back = [e.event for e in distinct if e.event.kind is Kind.REFUND]
    gone = [used[e.origin_event_no].order_fen or 0 for e in back if e.origin_event_no]
    return {
        "events": len(distinct),
        "claimed_count": len(claims),
        "claimed_fen": sum(e.face_fen for e in claims),
        "redeemed_gross_count": len(used),
        "redeemed_gross_fen": sum(e.face_fen for e in used.values()),
        "refunded_count": len(back),
        "refunded_fen": sum(e.face_fen for e in back),
        "pool_returned_fen": sum(e.returned_fen or 0 for e in back),
        "direct_spend_fen": sum(e.order_fen or 0 for e in used.values()) - sum(gone),
        "orders_count": len(used) - len(back),
        "orphaned_count": sum(e.origin_event_no not in used for e in back),
        **dict.fromkeys(
            (name for name in MEASURES if name.startswith("subsidy_")), 0
        ),  # vouchers alone are measured
    }
