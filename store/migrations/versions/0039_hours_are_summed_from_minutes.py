"""hours are summed from minutes.

Nothing reads hours by county and sector, and a back-fill paid for a cell with each of its rows: the course by the
hour, which is by programme, is summed from the minutes. On PostgreSQL the events' key begins with their number, and
what every batch moves again has room on its page.

Revision 0039, after 0037.
"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0037"
branch_labels = None
depends_on = None

MEASURES = (
    "claimed_count", "claimed_fen", "redeemed_gross_count", "redeemed_gross_fen", "refunded_count", "refunded_fen",
    "pool_returned_fen", "direct_spend_fen", "orders_count", "subsidy_applied_count", "subsidy_applied_fen",
    "subsidy_approved_count", "subsidy_approved_fen", "subsidy_rejected_count", "subsidy_paid_count",
    "subsidy_paid_fen",
)  # fmt: skip
KEY = ("programme", "tranche", "county", "sector", "hour")
MOVED_AGAIN = ("rollup_day", "rollup_total", "merchants_seen")

_REFUNDS_AND_DECISIONS = """
    SELECT e.*, row_number() OVER (
        PARTITION BY programme, platform, sub_project, origin_event_no, CASE WHEN kind = 'refund' THEN 0 ELSE 1 END
        ORDER BY occurred_at, event_no, kind
    ) AS turn
    FROM events e WHERE NOT cancelled AND kind IN ('refund', 'approval', 'rejection')
"""
"""Of the refunds of one redemption, and of the decisions on one application, the first counts."""


def upgrade() -> None:
    op.drop_table("rollup_hour")
    if op.get_bind().dialect.name == "postgresql":
        _key_events_by("event_no", "programme", "platform", "sub_project", "kind")
        for table in MOVED_AGAIN:
            op.execute(f"ALTER TABLE {table} SET (fillfactor = 50)")


def _key_events_by(*columns: str) -> None:
    op.drop_constraint(op.f("pk_events"), "events", type_="primary")
    op.create_primary_key(op.f("pk_events"), "events", list(columns))


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _key_events_by("programme", "platform", "sub_project", "event_no", "kind")
        for table in MOVED_AGAIN:
            op.execute(f"ALTER TABLE {table} RESET (fillfactor)")
    op.create_table(
        "rollup_hour",
        sa.Column("programme", sa.String(length=64), nullable=False),
        sa.Column("tranche", sa.String(length=32), nullable=False),
        sa.Column("county", sa.String(length=6), nullable=False),
        sa.Column("sector", sa.String(length=32), nullable=False),
        sa.Column("hour", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), server_default="0", nullable=False) for name in MEASURES),
        sa.PrimaryKeyConstraint(
            "programme", "tranche", "county", "sector", "hour", name=op.f("pk_rollup_hour")
        ),
    )
    columns = ", ".join((*KEY, *MEASURES))
    sums = ", ".join(f"sum({name})" for name in MEASURES)
    some = " OR ".join(f"sum({name}) <> 0" for name in MEASURES)
    op.execute(
        f"INSERT INTO rollup_hour ({columns}) SELECT {', '.join(KEY)}, {sums} FROM ({_worth()}) AS worth "
        f"GROUP BY {', '.join(KEY)} HAVING {some}"
    )


def _worth() -> str:
    standing = "FROM events e WHERE NOT e.cancelled AND e.kind = "
    firsts = f"FROM ({_REFUNDS_AND_DECISIONS}) AS e"
    redeemed = (
        "LEFT JOIN events used ON used.programme = e.programme AND used.platform = e.platform "
        "AND used.sub_project = e.sub_project AND used.event_no = e.origin_event_no "
        "AND used.kind = 'redemption' AND NOT used.cancelled"
    )
    ordered = "CASE WHEN {}.order_fen IS NULL THEN 0 ELSE {}1 END"
    return " UNION ALL ".join((
        _part(f"{standing}'claim'", claimed_count="1", claimed_fen="e.face_fen"),
        _part(
            f"{standing}'redemption'",
            redeemed_gross_count="1",
            redeemed_gross_fen="e.face_fen",
            direct_spend_fen="coalesce(e.order_fen, 0)",
            orders_count=ordered.format("e", ""),
        ),
        _part(
            f"{firsts} {redeemed} WHERE e.turn = 1 AND e.kind = 'refund'",
            refunded_count="1",
            refunded_fen="e.face_fen",
            pool_returned_fen="coalesce(e.returned_fen, e.face_fen)",
            direct_spend_fen="-coalesce(used.order_fen, 0)",
            orders_count=ordered.format("used", "-"),
        ),
        _part(f"{standing}'application'", subsidy_applied_count="1", subsidy_applied_fen="e.face_fen"),
        _part(f"{standing}'payment'", subsidy_paid_count="1", subsidy_paid_fen="e.face_fen"),
        _part(
            f"{firsts} WHERE e.turn = 1 AND e.kind = 'approval'",
            subsidy_approved_count="1",
            subsidy_approved_fen="e.face_fen",
        ),
        _part(f"{firsts} WHERE e.turn = 1 AND e.kind = 'rejection'", subsidy_rejected_count="1"),
    ))  # fmt: skip


def _part(source: str, **amounts: str) -> str:
    measures = ", ".join(f"{amounts.get(name, '0')} AS {name}" for name in MEASURES)
    places = "e.programme, e.tranche, e.county, e.sector, e.occurred_at - e.occurred_at % 3600000000 AS hour"
    return f"SELECT {places}, {measures} {source}"
