"""totals, verify, rebuild, ingest, import: the money side at the command line."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from dashboard.commands.house import console, moment, open_bench, open_house, print_json, say
from dashboard.commands.model import run_rescore
from dashboard.reconciling import RECONCILE_JOB
from dashboard.settings import Settings
from domain.audit import Action
from domain.errors import ConfigError
from domain.measures import FIGURES, Figures
from domain.records import Payload
from domain.subsidies import SubsidyProgress
from domain.terms import UNKNOWN, count, local, percent, wan
from ingest.configured import load_sources
from ingest.http import Http
from ingest.run import Outcome, Site, import_payload, run_source
from store.engine import read, write
from store.queries.jobs import last_success_begun
from store.queries.sources import version_number
from store.queries.subsidies import subsidy_progress
from store.queries.totals import DIMENSIONS, TotalsRow, total_of, totals
from store.queries.verify import orphan_refunds, verify
from store.writes.audit import write_audit
from store.writes.intake import move_version
from store.writes.ledger import all_known
from store.writes.merchant_days import rebuild_merchant_days
from store.writes.rebuild import rebuild_rollups


def totals_document(
    rows: Iterable[TotalsRow], *, by: tuple[str, ...], as_of: datetime, version: int | None
) -> dict[str, Any]:
    """The shape `quanqing totals --json`, the API and a rehearsal's truth.json share.

    `version` is what can be seen now; None for figures as of an earlier moment, which stay the same to the byte.
    """
    rows = list(rows)
    return {
        "as_of": local(as_of).isoformat(),
        "version": version,
        "rows": [
            dict(zip(by, row.key, strict=True))
            | figures_of(row.figures, with_stocks="day" not in by)
            | {"grade": row.grade, "data_time": row.data_time}
            for row in rows
        ],
        "total": figures_of(total_of(rows), with_stocks="day" not in by),
    }


def figures_of(figures: Figures, *, with_stocks: bool = True) -> dict[str, int | None]:
    """Every figure by name. By day outstanding and expired are unknown: they are stocks, not flows."""
    stocks = ("outstanding_count", "outstanding_fen", "expired_count", "expired_fen")
    return {name: None if name in stocks and not with_stocks else getattr(figures, name) for name in FIGURES}


def run_totals(args: argparse.Namespace, settings: Settings) -> int:
    by = tuple(part.strip() for part in args.by.split(",") if part.strip())
    unknown = [name for name in by if name not in DIMENSIONS]
    if unknown:
        raise ConfigError(f"--by: no dimension {unknown[0]!r}; there are {', '.join(DIMENSIONS)}")
    engine, campaign = open_house(settings)
    known_by = moment(args.as_of, option="--as-of") if args.as_of else None
    now = settings.clock.now()
    if known_by is not None:
        all_known(engine)
    with read(engine) as conn:
        rows = totals(conn, campaign, by=by, now=now, known_by=known_by)
        version = version_number(conn) if known_by is None else None
        document = totals_document(rows, by=by, as_of=known_by or now, version=version)
    if args.json:
        print_json(document)
    else:
        _print_table(document, by)
    return 0


def run_verify(args: argparse.Namespace, settings: Settings) -> int:
    engine, campaign = open_house(settings)
    with read(engine) as conn:
        reconciled_at = last_success_begun(conn, RECONCILE_JOB)
        found = verify(conn, campaign, now=settings.clock.now(), reconciled_at=reconciled_at)
        orphans, orphan_fen = orphan_refunds(conn)
    if args.json:
        print_json(
            {
                "clean": not found,
                "differences": found,
                "orphan_refunds": {"count": orphans, "fen": orphan_fen},
                "reconciled_at": reconciled_at,
            }
        )
    else:
        for difference in found[:50]:
            say(str(difference))
        if reconciled_at is None:
            say("platforms' totals were never compared: whether discrepancies are complete is unknown")
        say(
            f"{len(found)} differences; {orphans} refunds ({wan(orphan_fen)} 万元) still without their redemption"
        )
    return 1 if found else 0


def run_subsidies(args: argparse.Namespace, settings: Settings) -> int:
    """Every programme with audited subsidies: where its applications stand, and what does not add up."""
    engine, campaign = open_house(settings)
    audited = {t.programme for t in campaign.template if t.kind == "audit_subsidy"}
    with read(engine) as conn:
        found = subsidy_progress(conn, [p.id for p in campaign.programme if p.id in audited])
    if args.json:
        print_json([asdict(row) | {"approval_rate": row.approval_rate} for row in found])
        return 0
    for row in found:
        say(_subsidy_line(campaign.programmes[row.programme].name, row))
        for listed in row.listed[:50]:
            step = listed.step
            say(
                f"  {listed.trouble}: {step.kind} {step.event_no} of application {step.application_no}, "
                f"{wan(step.face_fen)} 万元, {local(step.occurred_at):%Y-%m-%d %H:%M}"
            )
    return 0


def _subsidy_line(name: str, row: SubsidyProgress) -> str:
    days = row.median_decision_s
    return (
        f"{name}: 申请 {count(row.applied_count)} 笔, 待审 {count(row.pending_count)}, "
        f"通过 {count(row.approved_count)}, 驳回 {count(row.rejected_count)} (通过率 {percent(row.approval_rate)}), "
        f"已付 {count(row.paid_count)} 笔 {wan(row.paid_fen)} 万元, "
        f"审核用时中位数 {UNKNOWN if days is None else f'{days / 86_400:.1f} 天'}; {len(row.listed)} 笔待核"
    )


def run_rebuild(args: argparse.Namespace, settings: Settings) -> int:
    if args.what == "scores":
        return run_rescore(args, settings)
    engine, campaign = open_house(settings)
    with write(engine) as conn:
        cells = rebuild_rollups(conn) + rebuild_merchant_days(conn, campaign)
        move_version(conn, settings.clock.now())
        write_audit(conn, console(), Action.REBUILD, subject="roll-ups", detail={"cells": cells})
    say(f"{cells} cells written again from the events")
    return 0


def run_ingest(args: argparse.Namespace, settings: Settings) -> int:
    bench = open_bench(settings)
    chosen = [s for s in bench.sources if not args.source or s.id in args.source]
    missing = set(args.source) - {s.id for s in chosen}
    if missing:
        raise ConfigError(f"{settings.sources.name}: no source {sorted(missing)[0]!r}")
    site = Site(engine=bench.engine, http=bench.http, campaign=bench.campaign, author_key=bench.author_key)
    with write(bench.engine) as conn:  # before they are read: what cannot be noted is not done
        for source in chosen:
            write_audit(conn, console(), Action.RERUN, subject=source.id)
    outcomes = [_said(run_source(source, site, bench.clock.now)) for source in chosen]
    if args.json:
        print_json(outcomes)
    return 1 if any(o.trouble for o in outcomes) else 0


def run_import(args: argparse.Namespace, settings: Settings) -> int:
    """Files brought by hand go the same way as fetched ones: archived, parsed, admitted, saved."""
    engine, campaign = open_house(settings)
    configured = load_sources(settings.sources, settings.environ, clock=settings.clock.now)
    source = next((s for s in configured if s.id == args.source), None)
    if source is None:
        raise ConfigError(f"{settings.sources.name}: no source {args.source!r}")
    site = Site(engine=engine, http=Http(), campaign=campaign, author_key=settings.author_key)
    payloads = [_payload(path) for path in args.file if path.suffix != ".ok"]
    with write(engine) as conn:
        for payload in payloads:
            told = {"file": payload.name, "sha256": hashlib.sha256(payload.body).hexdigest()}
            write_audit(conn, console(), Action.IMPORT, subject=source.id, detail=told)
    outcomes = [_said(import_payload(source, payload, site, settings.clock.now)) for payload in payloads]
    if args.json:
        print_json(outcomes)
    return 1 if any(o.trouble or o.quarantined for o in outcomes) else 0


def _payload(path: Path) -> Payload:
    try:
        body = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    flag = path.with_name(path.name + ".ok")
    flag = flag if flag.exists() else path.with_suffix(".ok")
    manifest = flag.read_text(encoding="ascii", errors="strict") if flag.exists() else None
    return Payload(name=path.name, body=body, media_type="application/octet-stream", manifest=manifest)


def _said(outcome: Outcome) -> Outcome:
    say(
        f"{outcome.source}: {outcome.accepted} new, {outcome.duplicate} known, {outcome.quarantined} set aside"
        + (f"; {outcome.trouble}" if outcome.trouble else "")
    )
    return outcome


def _print_table(document: dict[str, Any], by: tuple[str, ...]) -> None:
    version = "" if document["version"] is None else f" · 版本 {document['version']}"
    say(f"截至 {document['as_of']}{version}")
    for row in [*document["rows"], document["total"]]:
        name = "/".join(str(row[part]) for part in by) if by[0] in row else "合计"
        say(
            f"{name:<28} 领取 {count(row['claimed_count']):>9} 张  净核销 {count(row['redeemed_net_count']):>8} 张 "
            f"{wan(row['redeemed_net_fen']):>10} 万元  直接带动 {wan(row['direct_spend_fen']):>11} 万元"
            + (f"  补贴已付 {wan(row['subsidy_paid_fen'])} 万元" if row["subsidy_applied_count"] else "")
        )
