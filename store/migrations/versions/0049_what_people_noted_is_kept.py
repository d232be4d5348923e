"""what people noted is kept.

`alerts.noted_level`, `noted_volume`: what people were last told of an alert, or judged it by: only what is worse is
told again, or opens it again. `volume`: of the last look. Of alerts from before, all that they gathered counts.

Revision 0049, after 0047.
"""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0047"
branch_labels = None
depends_on = None

COLUMNS = (("volume", sa.BigInteger()), ("noted_level", sa.String(8)), ("noted_volume", sa.BigInteger()))
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


def downgrade() -> None:
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        for name, _ in COLUMNS:
            batch_op.drop_column(name)
