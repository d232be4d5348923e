"""Making a backup, and the drill: does it become a store again in which everything holds?"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from dashboard.anchors import Anchors
from dashboard.backups.folder import (
    PART,
    SCRATCH,
    Receipt,
    check_bytes,
    name_at,
    note_drill,
    put_receipt,
    sha256_of,
    thin_out,
)
from dashboard.backups.plan import Plan
from domain.campaign import Campaign
from domain.errors import StoreError
from store.backup import copy_store, put_in_place, restored
from store.engine import read
from store.migrations import current, migrate
from store.queries.audit import verify_audit
from store.queries.verify import verify

_TOLD = 5


def make(engine: Engine, plan: Plan, *, now: datetime, build: str) -> Receipt:
    """A new backup in the plan's folder, readable by its owner alone; then older ones are thinned out.

    `now`: real. Raises StoreError; what was there before stays.
    """
    path = plan.folder / name_at(now, engine.dialect.name)
    part = path.with_name(path.name + PART)
    try:
        plan.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:  # also where another process writes the same one
        raise StoreError(f"no backup can be written: {error}") from error
    try:
        copy_store(engine, part)
        put_in_place(part, path)
    finally:
        part.unlink(missing_ok=True)
    receipt = Receipt(
        file=path.name,
        taken_at=now,
        size=path.stat().st_size,
        sha256=sha256_of(path),
        revision=current(engine) or "",
        build=build,
    )
    put_receipt(plan.folder, receipt)
    thin_out(plan.folder, now=now, days=plan.days)
    return receipt


def drill(
    receipt: Receipt, folder: Path, beside: Engine, campaign: Campaign, *, anchors: Anchors, now: datetime
) -> tuple[str, ...]:
    """What does not hold in the store that this backup becomes, brought up to this program's tables; () if all does.

    `now`: real, noted where all holds. Raises StoreError where it becomes none at all.
    """
    path = folder / receipt.file
    check_bytes(path)
    with (
        tempfile.TemporaryDirectory(dir=folder, prefix=SCRATCH) as scratch,
        restored(path, beside, Path(scratch)) as engine,
    ):
        migrate(engine)
        troubles = tuple(_troubles(engine, campaign, receipt, anchors))
    if not troubles:
        note_drill(folder, receipt, at=now)
    return troubles


def _troubles(engine: Engine, campaign: Campaign, receipt: Receipt, anchors: Anchors) -> Iterator[str]:
    """Anchors written later know entries that the copy cannot have."""
    then = [anchor for anchor in anchors.known if anchor.at <= receipt.taken_at]
    with read(engine) as conn:
        differences = verify(conn, campaign)
        log = verify_audit(conn, then)
    yield from (str(difference) for difference in differences[:_TOLD])
    if len(differences) > _TOLD:
        yield f"{len(differences) - _TOLD} more differences"
    if not log.is_whole:
        yield f"audit log: entry {log.number} does not hold: {log.looks_like}"
