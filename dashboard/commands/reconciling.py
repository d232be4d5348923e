"""reconcile, discrepancy: platforms' own totals against the ledger at the command line."""

from __future__ import annotations

import argparse

from dashboard.commands.house import console, open_house, print_json, say
from dashboard.reconciling import RECONCILE_JOB, Reconciling
from dashboard.settings import Settings
from domain.audit import Action
from domain.errors import ConfigError
from domain.statements import Cause, Discrepancy, Pair
from domain.terms import METRIC, count, local, yuan
from store.engine import read, write
from store.queries.discrepancies import open_discrepancies
from store.writes.audit import write_audit
from store.writes.discrepancies import close_discrepancy
from store.writes.jobs import job_succeeded


def run_reconcile(args: argparse.Namespace, settings: Settings) -> int:
    """Reconcile at once and print what is open: exit status 1 if anything is."""
    engine, campaign = open_house(settings)
    now = settings.clock.now()
    done = Reconciling(engine, campaign, clock=lambda: now).run()
    with write(engine) as conn:
        job_succeeded(conn, RECONCILE_JOB, now=now)
    with read(engine) as conn:
        found = open_discrepancies(conn)
    if args.json:
        print_json({"waiting": done.waiting, "open": [_document(d) for d in found]})
    else:
        for d in found:
            say(_line(d))
    say(f"{len(found)} open discrepancies; {done.waiting} totals wait for their feed")
    return 1 if found else 0


def run_discrepancy(args: argparse.Namespace, settings: Settings) -> int:
    """Close one by hand. Who: `--by`, else whoever is signed in at this machine."""
    engine, _ = open_house(settings)
    who = (args.by or console().name).strip()[:64]
    if not who:
        raise ConfigError("--by: a name is needed")
    with write(engine) as conn:
        close_discrepancy(
            conn,
            args.number,
            cause=Cause(args.cause),
            note=args.note,
            closed_by=who,
            now=settings.clock.now(),
        )
        detail = {"cause": args.cause, "by": who}
        write_audit(
            conn, console(), Action.DISCREPANCY_CLOSE, subject=f"discrepancy {args.number}", detail=detail
        )
    say(f"discrepancy {args.number}: closed as {args.cause} by {who}")
    return 0


def _document(d: Discrepancy) -> dict[str, object]:
    s = d.subject
    return {
        "id": d.discrepancy_id,
        "programme": s.programme,
        "platform": s.platform,
        "tranche": s.tranche,
        "metric": s.metric,
        "day": f"{local(s.day):%Y-%m-%d}" if s.day else None,
        "template": s.template,
        "round": s.round_no,
        "ours": d.ours,
        "theirs": d.theirs,
        "difference": d.difference,
        "stated_at": d.stated_at,
        "opened_at": d.opened_at,
        "refreshed_at": d.refreshed_at,
    }


def _line(d: Discrepancy) -> str:
    s = d.subject
    day = f"{local(s.day):%Y-%m-%d}" if s.day else "累计"
    lot = f" {s.template}#R{s.round_no}" if s.template else ""
    return (
        f"#{d.discrepancy_id} {s.programme} {s.platform} {s.tranche} {day}{lot} {METRIC[s.metric]}: "
        f"我方 {_pair(d.ours)} 平台 {_pair(d.theirs)} 差 {_pair(d.difference)} 自 {local(d.opened_at):%m-%d %H:%M}"
    )


def _pair(pair: Pair) -> str:
    return f"{count(pair.count)} 张/{yuan(pair.fen)} 元"
