"""papers are of many kinds.

Revision 0033, after 0032.
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

KINDS = ("kind", "alert_id")
NOT_DAILY = "kind <> 'daily'"


def upgrade() -> None:
    with op.batch_alter_table("briefings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind", sa.String(length=8), server_default="daily", nullable=False))
        batch_op.add_column(sa.Column("alert_id", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.drop_constraint(op.f("uq_briefings_scope_day_edition"), type_="unique")
        batch_op.create_unique_constraint(
            op.f("uq_briefings_kind_alert_id_scope_day_edition"),
            ["kind", "alert_id", "scope", "day", "edition"],
        )
    for name in ("briefings_asked", "briefing_troubles"):
        with op.batch_alter_table(name, schema=None) as batch_op:
            batch_op.add_column(
                sa.Column("kind", sa.String(length=8), server_default="daily", nullable=False)
            )
            batch_op.add_column(sa.Column("alert_id", sa.BigInteger(), server_default="0", nullable=False))
            batch_op.drop_constraint(op.f(f"pk_{name}"), type_="primary")
            batch_op.create_primary_key(op.f(f"pk_{name}"), ["kind", "alert_id", "scope", "day"])


def downgrade() -> None:
    """Papers of other kinds have no place in the older tables."""
    for name in ("briefing_files", "briefing_deliveries"):
        op.execute(
            f"DELETE FROM {name} WHERE briefing_id IN (SELECT briefing_id FROM briefings WHERE {NOT_DAILY})"
        )
    for name in ("briefings_asked", "briefing_troubles"):
        op.execute(f"DELETE FROM {name} WHERE {NOT_DAILY}")
        with op.batch_alter_table(name, schema=None) as batch_op:
            batch_op.drop_constraint(op.f(f"pk_{name}"), type_="primary")
            batch_op.create_primary_key(op.f(f"pk_{name}"), ["scope", "day"])
            for column in KINDS:
                batch_op.drop_column(column)
    op.execute(f"DELETE FROM briefings WHERE {NOT_DAILY}")
    with op.batch_alter_table("briefings", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("uq_briefings_kind_alert_id_scope_day_edition"), type_="unique")
        batch_op.create_unique_constraint(op.f("uq_briefings_scope_day_edition"), ["scope", "day", "edition"])
        for column in KINDS:
            batch_op.drop_column(column)
