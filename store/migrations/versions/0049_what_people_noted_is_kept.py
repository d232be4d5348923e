"""what people noted is kept.

`alerts.noted_level`, `noted_volume`: what people were last told of an alert, or judged it by: only what is worse is
told again, or opens it again. `volume`: of the last look. Of alerts from before, all that they gathered counts.

`alert_history.county`: where the alert was then; of lines from before, where it is now. What ended by itself says so in
its line, as what people conclude does.

Revision 0049, after 0048.
"""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

COLUMNS = (("volume", sa.BigInteger()), ("noted_level", sa.String(8)), ("noted_volume", sa.BigInteger()))
_STAGED = "SELECT min(t.entry_id) FROM alert_history t WHERE t.alert_id = h.alert_id AND t.stage IS NOT NULL"
_ENDED_BY_ITSELF = f"""
    SELECT h.entry_id FROM alert_history h JOIN alerts a ON a.alert_id = h.alert_id
    LEFT JOIN alert_history first ON first.entry_id = ({_STAGED})
    WHERE h.change = 'closed' AND (
        (first.entry_id IS NULL AND a.stage = 'closed' AND a.done_at IS NULL)
        OR (first.change = 'reopen' AND first.entry_id > h.entry_id)
    )
"""
"""Nobody had done anything of it before, and nobody but who opened it again did since."""
_RANK = "CASE {} WHEN 'red' THEN 3 WHEN 'orange' THEN 2 WHEN 'yellow' THEN 1 ELSE 0 END"
_GRAVER = _RANK.format("computed_level") + " > " + _RANK.format("level")


def upgrade() -> None:
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        for name, kind in COLUMNS:
            batch_op.add_column(sa.Column(name, kind, nullable=True))
    op.execute(
        "UPDATE alerts SET volume = evidence_count, noted_volume = evidence_count,"
        f" noted_level = CASE WHEN {_GRAVER} THEN computed_level ELSE level END"
        " WHERE rule NOT IN ('by_hand', 'split_off')"
    )
    with op.batch_alter_table("alert_history", schema=None) as batch_op:
        batch_op.add_column(sa.Column("county", sa.String(6), nullable=True))
    op.execute(
        "UPDATE alert_history SET county ="
        " (SELECT a.county FROM alerts a WHERE a.alert_id = alert_history.alert_id)"
    )
    op.execute(f"UPDATE alert_history SET stage = 'closed' WHERE entry_id IN ({_ENDED_BY_ITSELF})")


def downgrade() -> None:
    op.execute("UPDATE alert_history SET stage = NULL WHERE change = 'closed'")
    with op.batch_alter_table("alert_history", schema=None) as batch_op:
        batch_op.drop_column("county")
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        for name, _ in COLUMNS:
            batch_op.drop_column(name)
