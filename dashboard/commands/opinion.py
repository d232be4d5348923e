"""score, posts, alerts: the opinion side at the command line."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from dashboard.commands.house import console, moment, open_house, print_lines, say
from dashboard.settings import Settings
from domain.audit import Action
from domain.campaign import Campaign, load_campaign
from domain.errors import ConfigError
from domain.records import Score
from domain.terms import LABEL, LEVEL, day_clock, local
from rehearsal.sources import CAMPAIGN
from sentiment.evaluate import read_rows
from sentiment.score import Scorer
from sentiment.versions import model_in_use
from sentiment.weights import load_weights
from store.engine import read, write
from store.queries.alerts import alerts_since
from store.queries.posts import stored_posts
from store.writes.audit import write_audit

NAMES = ("neg", "neu", "pos")


def run_score(args: argparse.Namespace, settings: Settings) -> int:
    """Plain lines, JSON lines with `text`, or TSV with a `text` column -> one JSON line each."""
    scorer = Scorer(_campaign(settings), load_weights(model_in_use(settings.data_dir / "models")))
    rows = _rows(args.file)
    scored = ((row, scorer.score(str(row.get("title", "")), str(row["text"]))) for row in rows)
    if args.json:
        print_lines(_document(row, score) for row, score in scored)
        return 0
    for row, score in scored:
        label = LABEL[score.label] if score.label else "无依据"
        sys.stdout.write(f"{label}\t{score.relevance}\t{','.join(score.issues)}\t{row['text']}\n")
    return 0


def run_posts(args: argparse.Namespace, settings: Settings) -> int:
    engine, _ = open_house(settings)
    with read(engine) as conn:
        found = stored_posts(
            conn, since=_since(args.since), county=args.county, issue=args.issue, limit=args.limit
        )
    with write(engine) as conn:
        told = {"posts": len(found), "county": args.county, "issue": args.issue, "since": _since(args.since)}
        write_audit(conn, console(), Action.VIEW_POSTS, subject="posts", detail=told)
    if args.json:
        print_lines(found)
        return 0
    for post in found:
        label = LABEL.get(str(post["label"]), "未评")
        sys.stdout.write(
            f"{local(post['at']):%m-%d %H:%M}\t{label}\t{post['county'] or '—'}\t{post['title'] or post['text']}\n"
        )
    return 0


def run_alerts(args: argparse.Namespace, settings: Settings) -> int:
    engine, _ = open_house(settings)
    with read(engine) as conn:
        found = alerts_since(conn, since=_since(args.since))
    if args.json:
        print_lines({"alert": alert, "closed_at": closed} for alert, closed in found)
        return 0
    now = settings.clock.now()
    for alert, closed in found:
        state = "已关闭" if closed else "未关闭"
        sys.stdout.write(
            f"{day_clock(alert.raised_at, now=now)}\t{LEVEL[alert.level]}\t{state}\t{alert.title}\n"
        )
    return 0


def _campaign(settings: Settings) -> Campaign:
    """The deployment's campaign, or the example's where none is set up: scoring needs its names and terms."""
    if settings.campaign.exists():
        return load_campaign(settings.campaign)
    say(f"{settings.campaign} is not there: scoring with the example campaign's names and terms")
    return load_campaign(CAMPAIGN)


def _rows(path: Path | None) -> Iterator[dict[str, Any]]:
    if path is not None and path.suffix == ".tsv":
        yield from read_rows(path)
        return
    text = sys.stdin.read() if path is None or str(path) == "-" else _text(path)
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        row = {"text": line}
        if line.startswith("{"):
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise ConfigError(f"line {number}: not JSON: {error.msg}") from error
            if not isinstance(row.get("text"), str):
                raise ConfigError(f"line {number}: no `text`")
        yield {"id": number} | row


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read as UTF-8 text") from error


def _document(row: dict[str, Any], score: Score) -> dict[str, Any]:
    return {
        "id": row.get("id"),
        "text": row["text"],
        "relevance": score.relevance,
        "label": score.label,
        "probabilities": dict(zip(NAMES, score.probabilities, strict=True)) if score.probabilities else None,
        "confident": score.confident,
        "issues": score.issues,
        "counties": score.counties,
        "county": score.county,
        "placed_by": score.placed_by,
        "county_confidence": score.placed_by.confidence if score.placed_by else None,
        "why": score.why,
        "model": score.model,
    }


def _since(text: str | None) -> datetime | None:
    return None if text is None else moment(text, option="--since")
