"""subsidies are audited.

Revision 0012, after 0011.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ROLLUPS = ("rollup_minute", "rollup_hour", "rollup_day")
MEASURES = (
    "subsidy_applied_count", "subsidy_applied_fen", "subsidy_approved_count", "subsidy_approved_fen",
    "subsidy_rejected_count", "subsidy_paid_count", "subsidy_paid_fen",
)  # fmt: skip
VOUCHERS = "kind IN ('claim', 'redemption', 'refund')"
ALL = "kind IN ('claim', 'redemption', 'refund', 'application', 'approval', 'rejection', 'payment')"
ORIGIN = "kind NOT IN ('approval', 'rejection', 'payment') OR origin_event_no IS NOT NULL"


def upgrade() -> None:
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_events_kind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_events_kind"), ALL)
        batch_op.create_check_constraint(op.f("ck_events_subsidy_origin"), ORIGIN)
    for table in ROLLUPS:
        with op.batch_alter_table(table, schema=None) as batch_op:
            for name in MEASURES:
                batch_op.add_column(sa.Column(name, sa.BigInteger(), server_default="0", nullable=False))


def downgrade() -> None:
    for table in ROLLUPS:
        with op.batch_alter_table(table, schema=None) as batch_op:
            for name in reversed(MEASURES):
                batch_op.drop_column(name)
    for name in ("events", "superseded"):  # the older program cannot hold the others
        held = sa.table(name, sa.column("kind"))
        op.execute(held.delete().where(held.c.kind.not_in(("claim", "redemption", "refund"))))
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_events_subsidy_origin"), type_="check")
        batch_op.drop_constraint(op.f("ck_events_kind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_events_kind"), VOUCHERS)
