"""audit: is the log of what was done what it was, and the log itself to take along."""

from __future__ import annotations

import argparse
import hashlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from dashboard.admin.audit_export import FORMS, scope_of, write_entries
from dashboard.anchors import Anchors, anchors_file, read_anchors
from dashboard.commands.house import console, moment, open_house, print_json, say
from dashboard.settings import Settings
from domain.audit import Action
from domain.audit_chain import TAMPERING, Verdict
from domain.errors import ConfigError
from domain.terms import count, local
from store.engine import read, write
from store.queries.audit import Wanted, audit_entries, verify_audit
from store.writes.audit import write_audit


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=("verify", "export"))
    parser.add_argument(
        "--anchors", type=Path, metavar="FILE", help="verify: by a copy of them kept elsewhere"
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="export: its ending says which form, csv or jsonl"
    )
    parser.add_argument("--who", metavar="NAME", help="export: of one person")
    parser.add_argument("--act", choices=[a.value for a in Action], metavar="ACT", help="export: of one kind")
    parser.add_argument("--since", metavar="TIME", help="export: +08:00 unless said")
    parser.add_argument("--until", metavar="TIME")
    parser.add_argument("--json", action="store_true")


def run_audit(args: argparse.Namespace, settings: Settings) -> int:
    return _verify(args, settings) if args.action == "verify" else _export(args, settings)


def _verify(args: argparse.Namespace, settings: Settings) -> int:
    """1: something is not as it was. Nothing is written: a copy of the store may be looked at as well."""
    engine, _ = open_house(settings)
    path = args.anchors or anchors_file(settings.data_dir)
    if args.anchors and not path.exists():
        raise ConfigError(f"--anchors: {path} is not there")
    anchors = read_anchors(path)
    with read(engine) as conn:
        found = verify_audit(conn, anchors.known)
    if args.json:
        print_json(asdict(found) | {"whole": found.is_whole, "anchors": len(anchors.known)})
    for line in _lines(found, anchors):
        say(line)
    return 0 if found.is_whole and not anchors.unreadable else 1


def _lines(found: Verdict, anchors: Anchors) -> Iterator[str]:
    if found.is_whole:
        yield f"审计日志完好：{count(found.checked)} 条，链尾 {found.head_hash}"
    elif found.looks_like:
        after = f"（第 {found.after} 条之后的某处）" if found.after is not None else ""
        yield f"审计日志自第 {found.number} 条起不可信{after}：像是{TAMPERING[found.looks_like]}"
        yield f"此前 {count(found.checked)} 条完好"
    newest = anchors.newest
    if newest is None:
        yield "没有库外锚点：末尾被截去、整段重写或恢复旧备份无从发现"
    else:
        yield (
            f"库外锚点 {len(anchors.known)} 个，最近 {local(newest.at):%Y-%m-%d %H:%M:%S} 第 {newest.number} 条；"
            "其后的记录尚无锚点佐证"
        )
    if anchors.unreadable:
        yield f"锚点文件有 {anchors.unreadable} 行读不出来"


def _export(args: argparse.Namespace, settings: Settings) -> int:
    """The file appears only once the log says who took it."""
    form = args.out.suffix.removeprefix(".") if args.out else ""
    if form not in FORMS:
        raise ConfigError(f"audit export --out: a file that ends in {' or '.join(FORMS)} is needed")
    engine, _ = open_house(settings)
    wanted = Wanted(
        who=args.who,
        action=args.act,
        since=moment(args.since, option="--since") if args.since else None,
        until=moment(args.until, option="--until") if args.until else None,
    )
    with tempfile.NamedTemporaryFile(dir=args.out.absolute().parent, prefix=".", delete=False) as made:
        part = Path(made.name)
    try:
        with read(engine) as conn, part.open("wb") as file:
            rows = write_entries(file, form, audit_entries(conn, wanted))
        detail = {"form": form, "rows": rows, "sha256": _sha256(part)} | scope_of(wanted)
        with write(engine) as conn:
            number = write_audit(conn, console(), Action.EXPORT, subject="audit log", detail=detail)
        os.replace(part, args.out)
    finally:
        part.unlink(missing_ok=True)
    if args.json:
        print_json(detail | {"entry": number})
    say(f"{args.out}：{count(rows)} 条，已记为第 {number} 条")
    return 0


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
