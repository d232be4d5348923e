"""backup, restore: a copy of everything there is, proof that it can be brought back, and bringing it back."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from dashboard.anchors import anchors_file, read_anchors
from dashboard.backups.folder import check_bytes, receipts
from dashboard.backups.making import drill, make
from dashboard.backups.plan import Plan
from dashboard.build import build_id
from dashboard.clock import real_now
from dashboard.commands.house import console, open_house, print_json, say
from dashboard.settings import Settings
from domain.audit import Action
from domain.errors import ConfigError, StoreError
from domain.terms import count, local
from store.backup import restore_store
from store.engine import open_store, write
from store.migrations import migrate
from store.writes.audit import write_audit

_POLITE = 10
"""Of `nice`: the walls come first."""


def add_to(command: Callable[[str, object, str, str], argparse.ArgumentParser]) -> None:
    kept = command(
        "backup", run_backup, "备份: a copy of the whole store, and proof that it can be brought back",
        "quanqing backup drill",
    )  # fmt: skip
    kept.add_argument("action", choices=("make", "list", "drill"))
    kept.add_argument("--json", action="store_true")
    kept.add_argument("--unattended", action="store_true", help=argparse.SUPPRESS)  # by the worker
    back = command(
        "restore", run_restore, "恢复: bring a backup back, into the empty store that the settings name",
        "quanqing restore /backup/quanqing-20221028T010000Z.pgdump",
    )  # fmt: skip
    back.add_argument("file", type=Path)


def run_backup(args: argparse.Namespace, settings: Settings) -> int:
    plan = settings.backups
    if plan is None:
        raise ConfigError("QUANQING_BACKUP_DIR: not set; name a folder, best on another disk")
    if args.unattended:
        os.nice(_POLITE)
        signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # by way of every `finally`
    return {"make": _make, "list": _list, "drill": _drill}[args.action](args, settings, plan)


def run_restore(args: argparse.Namespace, settings: Settings) -> int:
    """Into the empty store that the settings name; then its tables are brought up to this program's."""
    if not args.file.is_file():
        raise ConfigError(f"restore: {args.file} is not there")
    check_bytes(args.file)
    engine = open_store(settings.database_url)
    restore_store(args.file, engine)
    migrate(engine)
    with write(engine) as conn:
        write_audit(conn, console(), Action.IMPORT, subject="restore", detail={"file": args.file.name})
    say(
        f"{args.file.name} 已恢复。请运行 quanqing verify；"
        "审计日志锚点晚于备份的，把 anchors/audit.jsonl 改名存档后重新起算；备份之后的删除请求须重做"
    )
    return 0


def _make(args: argparse.Namespace, settings: Settings, plan: Plan) -> int:
    engine, _ = open_house(settings)
    receipt = make(engine, plan, now=real_now(), build=build_id())
    if not args.unattended:
        detail = {"file": receipt.file, "sha256": receipt.sha256}
        with write(engine) as conn:
            write_audit(conn, console(), Action.EXPORT, subject="backup", detail=detail)
    if args.json:
        print_json(asdict(receipt))
    say(f"{receipt.file}：{receipt.size / 1e6:,.1f} MB，SHA-256 {receipt.sha256}")
    return 0


def _list(args: argparse.Namespace, settings: Settings, plan: Plan) -> int:
    found = receipts(plan.folder)
    if args.json:
        print_json([asdict(one) for one in found])
        return 0
    for one in found:
        drilled = f"{local(one.drilled_at):%m-%d %H:%M} 演练恢复通过" if one.drilled_at else "未演练"
        say(f"{one.file}  {local(one.taken_at):%Y-%m-%d %H:%M:%S}  {one.size / 1e6:,.1f} MB  {drilled}")
    say(f"共 {count(len(found))} 份" if found else f"{plan.folder}：还没有备份")
    return 0


def _drill(args: argparse.Namespace, settings: Settings, plan: Plan) -> int:
    """1: what it becomes does not hold."""
    found = receipts(plan.folder)
    if not found:
        raise StoreError(f"{plan.folder}: there is no backup to drill")
    engine, campaign = open_house(settings)
    anchors = read_anchors(anchors_file(settings.data_dir))
    troubles = drill(found[-1], plan.folder, engine, campaign, anchors=anchors, now=real_now())
    for trouble in troubles:
        say(f"{found[-1].file}: {trouble}")
    if not troubles:
        say(f"{found[-1].file}：已恢复到临时库，总账与明细相符，审计日志完好；临时库已删除")
    return 1 if troubles else 0
