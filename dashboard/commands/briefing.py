"""briefing: a paper of any kind in every format at the command line."""

from __future__ import annotations

import argparse
import hashlib
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from alerts.whole import write_whole
from briefing.formats import Formats, formats_with
from briefing.kinds import compose_paper
from briefing.paper import Briefing
from dashboard.commands.house import console, moment, open_house, print_json, say
from dashboard.live.snapshot import city_scope, county_scopes
from dashboard.settings import Settings
from dashboard.sources.promised import promised
from domain.audit import Action
from domain.campaign import Campaign
from domain.errors import ConfigError
from domain.papers import PaperKind
from domain.readings import Scope
from domain.terms import SHANGHAI, local, week_start
from store.engine import read, write
from store.queries.cases import find_case
from store.writes.audit import write_audit
from store.writes.ledger import all_known


def run_briefing(args: argparse.Namespace, settings: Settings) -> int:
    """One file a format; a receipt with their hashes on stdout."""
    engine, campaign = open_house(settings)
    kind = PaperKind(args.kind)
    as_of = _as_of(kind, args.day, args.as_of, now=settings.clock.now())
    all_known(engine)
    with read(engine) as conn:
        scope = _scope(campaign, args.scope or _county_of(conn, campaign, kind, args.alert))
        known_by = moment(args.known_by, option="--known-by") if args.known_by else None
        briefing = compose_paper(
            conn,
            campaign,
            promised(settings.sources),
            scope,
            as_of=as_of,
            known_by=known_by,
            kind=kind,
            alert_id=args.alert or 0,
        )
    with write(engine) as conn:
        told = {"scope": scope.code, "as_of": as_of, "freeze_id": briefing.freeze_id}
        told |= {} if kind is PaperKind.DAILY else {"kind": kind.value}
        write_audit(conn, console(), Action.EXPORT, subject="briefing", detail=told)
    formats = formats_with(settings.fonts, settings.desk)
    files = _write_all(briefing, args.out or settings.data_dir / "briefings", formats)
    print_json(_receipt(briefing, files))
    return 0


def _scope(campaign: Campaign, code: str | None) -> Scope:
    scopes = {s.code: s for s in (city_scope(campaign), *county_scopes(campaign))}
    found = scopes.get(code or campaign.campaign.city_code)
    if found is None:
        raise ConfigError(f"--scope: {code!r} has no programme; there are {', '.join(scopes)}")
    return found


def _county_of(conn: Connection, campaign: Campaign, kind: PaperKind, alert_id: int | None) -> str | None:
    """Whose an event's paper is; None: the city's."""
    if (kind is PaperKind.EVENT) != (alert_id is not None):
        raise ConfigError("--alert: an event's paper is of one alert, and no other is")
    if alert_id is None:
        return None
    case = find_case(conn, alert_id)
    if case is None:
        raise ConfigError(f"--alert: there is no alert {alert_id}")
    is_own = case.county is not None and campaign.county_programme(case.county) is not None
    return case.county if is_own else None


def _as_of(kind: PaperKind, day: str, as_of: str | None, *, now: datetime) -> datetime:
    """The moment asked for, to the minute; by default the end of the day or week, or now while it runs."""
    try:
        start = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=SHANGHAI)
    except ValueError as error:
        raise ConfigError(f"--day: {day!r} is no day such as 2022-10-28") from error
    is_week = kind is PaperKind.WEEKLY
    start, days = (week_start(start), 7) if is_week else (start, 1)
    end = start + timedelta(days=days)
    chosen = moment(as_of, option="--as-of") if as_of else min(now, end)
    chosen = local(chosen).replace(second=0, microsecond=0)
    if not start < chosen <= end:
        raise ConfigError(f"{'--as-of' if as_of else '--day'}: {chosen.isoformat()} is not in {day}")
    return chosen


def _write_all(briefing: Briefing, folder: Path, formats: Formats) -> list[dict[str, object]]:
    """Every format is made before the first file appears, and each appears whole."""
    bodies = {ending: render(briefing) for ending, render in formats.items()}
    folder.mkdir(parents=True, exist_ok=True)
    of = f"-{briefing.alert_id}" if briefing.alert_id else ""
    stem = f"{briefing.kind.value}{of}-{briefing.scope.code}-{local(briefing.as_of):%Y%m%dT%H%M}"
    stem += f"-correction-{briefing.corrects}" if briefing.corrects else ""
    written = []
    for ending, body in bodies.items():
        path = folder / f"{stem}.{ending}"
        write_whole(path, body)
        written.append({"file": path.name, "bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()})
        say(f"{path}")
    return written


def _receipt(briefing: Briefing, files: list[dict[str, object]]) -> dict[str, object]:
    return {
        "kind": briefing.kind,
        "title": briefing.title,
        "scope": briefing.scope.code,
        "as_of": briefing.as_of,
        "grade": briefing.grade,
        "freeze_id": briefing.freeze_id,
        "files": files,
    }
