"""an alert that was split off says of which.

Revision 0035, after 0034.
"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("alerts", sa.Column("split_from", number, nullable=True))
    op.create_index(op.f("ix_alerts_split_from"), "alerts", ["split_from"])
    alerts = sa.table(
        "alerts", sa.column("alert_id"), sa.column("subject"), sa.column("rule"), sa.column("split_from")
    )
    split = sa.select(alerts.c.alert_id, alerts.c.subject).where(alerts.c.rule == "split_off")
    for alert_id, subject in op.get_bind().execute(split).all():
        first = int(subject.split(" ")[0])  # so far its subject said it: "<alert> <moment>"
        op.execute(alerts.update().where(alerts.c.alert_id == alert_id).values(split_from=first))


def downgrade() -> None:
    op.drop_index(op.f("ix_alerts_split_from"), table_name="alerts")
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.drop_column("split_from")
