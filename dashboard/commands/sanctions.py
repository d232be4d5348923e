"""sanctions: what merchants under sanction were not paid and paid back, loaded from offices' ledgers."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from dashboard.commands.house import console, moment, open_house, print_json, say
from dashboard.settings import Settings
from domain.audit import Action, Doer
from domain.campaign import Campaign
from domain.errors import ConfigError, StoreError
from domain.sanctions import SanctionMoney
from domain.terms import BOOKING, count, local, wan
from ingest.sanction_ledger import read_sanction_ledger
from store.engine import read, write
from store.queries.sanction_money import sanction_money_of
from store.writes.audit import write_audit
from store.writes.intake import move_version
from store.writes.sanction_money import book_sanctions


def run_sanctions(args: argparse.Namespace, settings: Settings) -> int:
    """Load ledgers, all of the files or none; then, or alone, the sums by programme."""
    engine, campaign = open_house(settings)
    now = settings.clock.now()
    if args.action == "load":
        if not args.file:
            raise ConfigError("sanctions load: a file is needed")
        new = load_ledgers(engine, campaign, args.file, doer=console(), now=now)
        say(f"{new} new entries")
    known_by = moment(args.as_of, option="--as-of") if args.as_of else None
    with read(engine) as conn:
        found = sanction_money_of(conn, known_by=known_by)
    document = sanctions_document(found, as_of=known_by or now)
    if args.json:
        print_json(document)
    else:
        _print_table(campaign, found, document)
    return 0


def load_ledgers(
    engine: Engine, campaign: Campaign, paths: Sequence[Path], *, doer: Doer, now: datetime
) -> int:
    """Returns how many entries were new. Raises ConfigError for any fault, and for a known number told otherwise."""
    entries = [entry for path in paths for entry in read_sanction_ledger(path, campaign)]
    try:
        with write(engine) as conn:
            new = book_sanctions(conn, entries, now=now)
            if new:
                move_version(conn, now)
            files = {"files": [path.name for path in paths], "new": new}
            write_audit(conn, doer, Action.SANCTIONS_LOAD, subject="sanction ledger", detail=files)
    except StoreError as refusal:
        raise ConfigError(f"sanctions load: {refusal}") from refusal
    return new


def sanctions_document(found: Iterable[SanctionMoney], *, as_of: datetime) -> dict[str, Any]:
    """Fen by programme and in all: what `--json` prints."""
    rows = list(found)
    return {
        "as_of": local(as_of).isoformat(),
        "rows": rows,
        "total": {
            "withheld_fen": sum(row.withheld_fen for row in rows),
            "recovered_fen": sum(row.recovered_fen for row in rows),
        },
    }


def _print_table(campaign: Campaign, found: Iterable[SanctionMoney], document: dict[str, Any]) -> None:
    withheld, recovered = BOOKING.values()
    say(f"截至 {document['as_of']}，惩戒台账")
    for row in found:
        say(
            f"{campaign.programmes[row.programme].name:<12} {count(row.merchants_count):>6} 户  "
            f"{withheld} {wan(row.withheld_fen):>10} 万元  {recovered} {wan(row.recovered_fen):>10} 万元"
        )
    total = document["total"]
    say(f"合计 {withheld} {wan(total['withheld_fen'])} 万元，{recovered} {wan(total['recovered_fen'])} 万元")
