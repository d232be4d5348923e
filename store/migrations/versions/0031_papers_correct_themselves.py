"""papers correct themselves.

Revision 0031, after 0030.
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("briefings", sa.Column("known_by", sa.BigInteger(), nullable=True))
    op.execute("UPDATE briefings SET known_by = as_of")
    with op.batch_alter_table("briefings", schema=None) as batch_op:
        batch_op.alter_column("known_by", existing_type=sa.BigInteger(), nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("briefings", schema=None) as batch_op:
        batch_op.drop_column("known_by")
