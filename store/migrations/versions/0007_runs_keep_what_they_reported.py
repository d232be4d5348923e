"""runs keep what they reported.

Revision 0007, after 0006.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("source_runs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("data_time", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("grade", sa.String(length=8), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("source_runs", schema=None) as batch_op:
        batch_op.drop_column("grade")
        batch_op.drop_column("data_time")
