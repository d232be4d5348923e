"""a missing file is seen.

`feeds.daily_until` was one moment: with the file of the day after, a day counted as filed. Kept is now which time files
of daily grade told whole.

Of a city that already runs: the days after which a file is named that was read (a bank's of redemptions, Alipay's bill,
UnionPay's settlement file), as far as the feed had come, for every programme of the feed, as it was counted until now.
What hours a bank's files told is in their bodies alone, so that such a day counts as whole. A day without a file, which
passed for 日结 with the next one's, is 快报 from the next reconciliation on; what was known earlier stays as it was.

Revision 0045, after 0044.
"""

import re
from datetime import date, datetime, time, timedelta, timezone

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

_NAMED = re.compile(
    r"(?:ZFXFQ_.+_HX_|bill\?bill_date=|settlement\?settleDate=)(\d{4})-?(\d\d)-?(\d\d)(?:_.+)?"
)
_SHANGHAI = timezone(timedelta(hours=8))
_SECOND = 1_000_000
_DAY = 86_400 * _SECOND


def upgrade() -> None:
    spans = op.create_table(
        "feed_spans",
        sa.Column("programme", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("known_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("programme", "source", "since", "until", name=op.f("pk_feed_spans")),
    )
    known = _days_by_name()
    feeds = op.get_bind().execute(sa.text("SELECT programme, source, daily_until FROM feeds")).all()
    op.bulk_insert(
        spans,
        [
            {"programme": programme, "source": source, "since": day, "until": day + _DAY, "known_at": at}
            for programme, source, until in feeds
            for day, at in sorted(known.get(source, {}).items())
            if until is not None and day + _DAY <= until
        ],
    )
    with op.batch_alter_table("feeds", schema=None) as batch_op:
        batch_op.drop_column("daily_until")


def _days_by_name() -> dict[str, dict[int, int]]:
    """Of each source: the days its files are named after, and when the first of each was read."""
    found: dict[str, dict[int, int]] = {}
    runs = op.get_bind().execute(
        sa.text(
            "SELECT r.source, a.name, min(r.finished_at) FROM source_runs r "
            "JOIN raw_archive a ON a.sha256 = r.raw_sha256 "
            "WHERE r.outcome = 'ok' AND r.grade = 'daily' GROUP BY r.source, a.name"
        )
    )
    for source, name, at in runs:
        named = _NAMED.fullmatch(name)
        if named is None:
            continue
        try:
            day = date(*map(int, named.groups()))
        except ValueError:  # a bank may name its files after the 30th of February
            continue
        start = int(datetime.combine(day, time(), _SHANGHAI).timestamp()) * _SECOND
        days = found.setdefault(source, {})
        days[start] = min(at, days.get(start, at))
    return found


def downgrade() -> None:
    """The moment again, at the end of the newest time that was told."""
    with op.batch_alter_table("feeds", schema=None) as batch_op:
        batch_op.add_column(sa.Column("daily_until", sa.BigInteger(), nullable=True))
    op.execute(
        "UPDATE feeds SET daily_until = (SELECT max(s.until) FROM feed_spans s "
        "WHERE s.programme = feeds.programme AND s.source = feeds.source)"
    )
    op.drop_table("feed_spans")
