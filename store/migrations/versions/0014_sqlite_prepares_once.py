"""sqlite prepares a look-up once.

A value in the condition of an index made it prepare statements with parameters anew at each run: looking a batch's
refunds up cost six times what it had.

Revision 0014, after 0013.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_COLUMNS = ["programme", "voucher_no", "kind", "cancelled", "occurred_at"]


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.drop_index("ix_events_voucher", "events")
        op.create_index("ix_events_voucher", "events", _COLUMNS, unique=False)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.drop_index("ix_events_voucher", "events")
        op.create_index("ix_events_voucher", "events", _COLUMNS, sqlite_where=sa.text("kind = 'claim'"))
