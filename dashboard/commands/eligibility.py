"""register, flags: who may redeem, and which events do not keep a rule."""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from dashboard.commands.house import console, open_house, print_json, print_lines, say
from dashboard.settings import Settings
from domain.audit import Action, Doer
from domain.campaign import Campaign
from domain.errors import ConfigError, StoreError
from domain.flags import REASON, CrossSector, FlagBoard, Reason, is_judged
from domain.register import ListVersion, RegisterVersion
from domain.terms import UNKNOWN, count, local, percent, wan
from ingest.register_file import RegisterFile, read_list
from store.engine import read, write
from store.queries.flags import cross_sector, flag_board, flagged_events
from store.queries.register import current_register, register_at
from store.writes.audit import write_audit
from store.writes.register import load_merchants, load_sanctions

DIMENSIONS = ("reason", "programme", "tranche")


def run_register(args: argparse.Namespace, settings: Settings) -> int:
    """Load each file as a new version of its list, all of them in one transaction; or say what counts now."""
    engine, campaign = open_house(settings)
    if args.action == "load":
        if not args.file:
            raise ConfigError("register load: a file is needed")
        load_lists(engine, campaign, args.file, doer=console(), now=settings.clock.now())
    with read(engine) as conn:
        register = current_register(conn)
    print_json({"merchants": register.merchants, "sanctions": register.sanctions})
    return 0


def load_lists(
    engine: Engine, campaign: Campaign, paths: Sequence[Path], *, doer: Doer, now: datetime
) -> None:
    """All of the files or none. Raises ConfigError naming the file, row and field of every fault."""
    found = [read_list(path, campaign) for path in paths]
    with write(engine) as conn:
        for one in found:
            if isinstance(one, RegisterFile):
                load_merchants(conn, one.merchants, version=one.version, now=now)
            else:
                load_sanctions(conn, one.sanctions, version=one.version, now=now)
        loaded = {path.name: one.version for path, one in zip(paths, found, strict=True)}
        write_audit(conn, doer, Action.REGISTER_LOAD, subject="register", detail=loaded)


def run_flags(args: argparse.Namespace, settings: Settings) -> int:
    """Worked out anew from the events, whatever the worker kept last."""
    engine, campaign = open_house(settings)
    by = tuple(args.by.split(","))
    if unknown := [name for name in by if name not in DIMENSIONS]:
        raise ConfigError(f"--by: no {unknown[0]!r} (known: {', '.join(DIMENSIONS)})")
    if args.list:
        return _list(engine, campaign, args)
    with read(engine) as conn:
        register = _register(conn, args)
        board = flag_board(conn, campaign, register, now=settings.clock.now())
        late = cross_sector(conn, campaign, register, programmes=list(campaign.programmes))
    document = flags_document(board, late, by=by)
    if args.json:
        print_json(document)
    else:
        _print_table(campaign, board, document, by)
    return 0


def _list(engine: Engine, campaign: Campaign, args: argparse.Namespace) -> int:
    with read(engine) as conn:
        listed = list(flagged_events(conn, campaign, _register(conn, args), (Reason(args.list),)))
    with write(engine) as conn:
        rows = {"rows": len(listed)}
        write_audit(conn, console(), Action.VIEW_FLAGGED, subject=f"flags {args.list}", detail=rows)
    print_lines(listed)
    return 0


def _register(conn: Connection, args: argparse.Namespace) -> RegisterVersion:
    """The newest lists, or those that were asked for."""
    newest = current_register(conn)
    try:
        return register_at(
            conn,
            merchants=args.merchants or (newest.merchants and newest.merchants.version),
            sanctions=args.sanctions or (newest.sanctions and newest.sanctions.version),
        )
    except StoreError as error:
        raise ConfigError(str(error)) from error


def flags_document(board: FlagBoard, late: CrossSector | None, *, by: tuple[str, ...]) -> dict[str, Any]:
    """Counts and fen grouped along `by`. `unknown`: the reasons whose list is not loaded: neither zero nor flagged."""
    groups: dict[tuple[str, ...], list[int]] = defaultdict(lambda: [0, 0])
    for counted in board.counts:
        group = groups[tuple(str(getattr(counted, name)) for name in by)]
        group[0] += counted.count
        group[1] += counted.fen
    return {
        "as_of": board.as_of,
        "register": {"merchants": board.register.merchants, "sanctions": board.register.sanctions},
        "rows": [
            dict(zip(by, key, strict=True)) | {"count": n, "fen": fen} for key, (n, fen) in groups.items()
        ],
        "unknown": [reason.value for reason in Reason if not is_judged(reason, board.register)],
        "cross_sector": late and {
            "since": late.since,
            "share": late.share,
            **{name: getattr(late, name) for name in late.__slots__ if name != "since"},
        },
    }  # fmt: skip


def _print_table(campaign: Campaign, board: FlagBoard, document: dict[str, Any], by: tuple[str, ...]) -> None:
    merchants, sanctions = _version(board.register.merchants), _version(board.register.sanctions)
    say(f"截至 {local(board.as_of):%Y-%m-%d %H:%M:%S} · 商户名册 {merchants} · 受限名单 {sanctions}")
    say("以下为线索，均已计入各项统计，未作剔除")
    for row in document["rows"]:
        name = "/".join(_word(campaign, part, row[part]) for part in by)
        say(f"{name:<24} {count(row['count']):>9} 笔  面额 {wan(row['fen']):>10} 万元")
    if not document["rows"]:
        say("没有线索")
    for reason in document["unknown"]:
        say(f"{REASON[Reason(reason)]:<24} {UNKNOWN}  未载入名单，无从判断")
    if late := document["cross_sector"]:
        say(
            f"后期跨行业核销占比 {percent(late['share'])}（{wan(late['cross_fen'])} / {wan(late['judged_fen'])} 万元）"
        )


def _version(found: ListVersion | None) -> str:
    return "未载入" if found is None else found.version[:12]


def _word(campaign: Campaign, dimension: str, value: str) -> str:
    if dimension == "reason":
        return REASON[Reason(value)]
    if dimension == "programme" and value in campaign.programmes:
        return campaign.programmes[value].name
    return value
