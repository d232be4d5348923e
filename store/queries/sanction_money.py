"""What was withheld from merchants under sanction and recovered from them, as of now or of any earlier moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement, Connection, case, cast, distinct, func, select

from domain.records import Kind
from domain.sanctions import Booking, SanctionMoney
from store.queries.difference import Difference
from store.schema import events, sanction_money

_c = sanction_money.c


def sanction_money_of(
    conn: Connection, *, known_by: datetime | None = None, until: datetime | None = None
) -> tuple[SanctionMoney, ...]:
    """By programme; one without any entry is left out. `until`: booked by then, whenever it was recorded."""
    keys = (_c.programme, _c.tranche)
    sums = (func.count(distinct(_c.merchant)), _sum(Booking.WITHHELD), _sum(Booking.RECOVERED))
    query = select(*keys, *sums, func.max(_c.recorded_at)).group_by(*keys).order_by(*keys)
    if known_by is not None:
        query = query.where(_c.recorded_at <= known_by)
    if until is not None:
        query = query.where(_c.booked_on <= until)
    return tuple(
        SanctionMoney(
            programme=programme,
            tranche=tranche,
            merchants_count=n,
            withheld_fen=withheld,
            recovered_fen=recovered,
            booked_at=booked_at,
        )
        for programme, tranche, n, withheld, recovered, booked_at in conn.execute(query)
    )


def recovered_fen(conn: Connection, tranche: str, *, known_by: datetime | None = None) -> int:
    """What is back in the tranche's fund."""
    return sum(m.recovered_fen for m in sanction_money_of(conn, known_by=known_by) if m.tranche == tranche)


def recovered_by_programme(
    conn: Connection, tranche: str, *, known_by: datetime, until: datetime
) -> dict[str, int]:
    """The same in fen by programme, as of the moment `until`; of one that is left out nothing came back."""
    booked = sanction_money_of(conn, known_by=known_by, until=until)
    return {m.programme: m.recovered_fen for m in booked if m.tranche == tranche}


def booked_beyond(conn: Connection) -> Iterator[Difference]:
    """Promises I3: of one merchant no more is withheld and recovered than was redeemed there and not refunded."""
    keys = (_c.programme, _c.merchant)
    query = select(*keys, _sum(Booking.WITHHELD), _sum(Booking.RECOVERED)).group_by(*keys).order_by(*keys)
    for programme, merchant, withheld, recovered in conn.execute(query).all():
        most = _redeemed_net_fen(conn, programme, merchant)
        if min(withheld, recovered) < 0 or withheld + recovered > most:
            yield Difference(
                check="withheld + recovered <= redeemed",
                where=f"{programme}/{merchant}",
                stored=withheld + recovered,
                expected=most,
            )


def _redeemed_net_fen(conn: Connection, programme: str, merchant: str) -> int:
    back = events.alias("back")
    same = (back.c[name] == events.c[name] for name in ("programme", "platform", "sub_project"))
    refunded = (
        select(back.c.event_no)
        .where(
            *same,
            back.c.origin_event_no == events.c.event_no,
            back.c.kind == Kind.REFUND.value,
            ~back.c.cancelled,
        )
        .exists()
    )
    query = select(func.coalesce(func.sum(events.c.face_fen), 0)).where(
        events.c.programme == programme,
        events.c.merchant == merchant,
        events.c.kind == Kind.REDEMPTION.value,
        ~events.c.cancelled,
        ~refunded,
    )
    return int(conn.execute(query).scalar_one())


def _sum(kind: Booking) -> ColumnElement[int]:
    amount = case((_c.kind == kind.value, _c.amount_fen), else_=0)
    return cast(func.sum(amount), BigInteger)
