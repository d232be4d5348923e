"""Where the machine lives: a campaign of two tranches, what its calendar issues, and a store in memory."""

from __future__ import annotations

import shutil
import tempfile
from datetime import datetime
from functools import cache
from pathlib import Path

from sqlalchemy import Engine

from domain.campaign import Campaign, load_campaign
from store.engine import open_store
from store.migrations import migrate
from tests.audited import audited_toml
from tests.store.machine.oracle import SHANGHAI, Issue

_MEMORY = Path("/dev/shm")
OPENING = datetime(2022, 10, 30, 9, 0, tzinfo=SHANGHAI)  # every programme's first round is open
MIDNIGHT = OPENING.replace(hour=0)
MINUTES = (
    0,
    1,
    61,
    7 * 60,
    14 * 60 + 59,
    15 * 60,
    16 * 60,
    22 * 60 + 59,
    23 * 60,
)  # both midnights among them
LONG = 29 * 24 * 60  # minutes: beyond the last day of every voucher
ORDERS = (None, None, 10_000, 9_999, 4_999, 25_037, 3_000_000_019)  # both sides of the least, one beyond 2^31
# programme, sub-project, template, face: the city is paid through two sub-projects that count from one each
PLACES = (
    ("city", "SP-CITY-R", "city.ret20", 2000),
    ("city", "SP-CITY-S", "city.cat10", 1000),
    ("luzhou", "SP-LZ-R", "luzhou.ret20", 2000),
    ("shangdang", "SP-SD-R", "shangdang.cat10", 1000),
)
# likewise: an application's numbers are those of a redemption beside it
CARS = (("city", "SP-CITY-R", "city.auto"), ("shangdang", "SP-SD-R", "shangdang.auto"))


@cache
def home() -> Path:
    """A directory in memory where the system has one; gone with the process."""
    held = tempfile.TemporaryDirectory(prefix="quanqing-", dir=_MEMORY if _MEMORY.is_dir() else None)
    _HELD.append(held)
    return Path(held.name)


_HELD: list[tempfile.TemporaryDirectory[str]] = []


@cache
def two_tranches() -> Campaign:
    """The small campaign with cars, its last county paid from the second tranche."""
    words = audited_toml()
    before, after = words.replace("amount_wan = 10\n", "amount_wan = 9\n").split('id = "shangdang"', 1)
    path = home() / "campaign.toml"
    path.write_text(before + 'id = "shangdang"' + after.replace('"T1"', '"T2"', 1), encoding="utf-8")
    return load_campaign(path)


@cache
def _migrated() -> Path:
    """Migrated once; every example starts from a copy."""
    path = home() / "template.sqlite3"
    engine = open_store(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()
    return path


@cache
def _engine() -> Engine:
    """One for all examples, since an engine keeps the statements it has compiled; the file under it is new."""
    return open_store(f"sqlite:///{home() / 'machine.sqlite3'}")


def new_store() -> Engine:
    engine = _engine()
    shutil.copyfile(_migrated(), str(engine.url.database))
    return engine


def leave(engine: Engine) -> None:
    engine.dispose()
    for path in home().glob("machine.sqlite3*"):
        path.unlink()


def issues(campaign: Campaign) -> list[Issue]:
    found = []
    for round_ in campaign.round:
        owner = campaign.programmes[round_.programme]
        for line in round_.lines:
            if campaign.templates[line.template].kind != "voucher":  # applied for, and never claimed
                continue
            place = (owner.tranche, owner.id, line.template, round_.no, owner.division)
            face_fen = campaign.templates[line.template].face_fen
            found.append(
                Issue(
                    place=place,
                    opens_at=round_.opens_at,
                    use_until=round_.use_until,
                    count=line.qty,
                    face_fen=face_fen,
                )
            )
    return found


def allocations(campaign: Campaign) -> dict[str, int]:
    """Tranche -> what it was given, in fen."""
    return {
        t.id: sum(p.allocation_fen for p in campaign.programme if p.tranche == t.id) for t in campaign.tranche
    }
