"""raw bytes are packed.

PostgreSQL packed them itself, at seven times the cost, and SQLite kept them whole.

Revision 0015, after 0014.
"""

from collections.abc import Callable

import brotli
import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_ARCHIVE = sa.table("raw_archive", sa.column("sha256", sa.String), sa.column("body", sa.LargeBinary))


def upgrade() -> None:
    _each(lambda body: brotli.compress(body, quality=1))


def downgrade() -> None:
    _each(brotli.decompress)


def _each(turned: Callable[[bytes], bytes]) -> None:
    """Payload by payload: a month of them is more than fits into memory."""
    conn = op.get_bind()
    for sha256 in conn.scalars(sa.select(_ARCHIVE.c.sha256)).all():
        one = _ARCHIVE.c.sha256 == sha256
        body = conn.scalars(sa.select(_ARCHIVE.c.body).where(one)).one()
        conn.execute(_ARCHIVE.update().where(one).values(body=turned(body)))
