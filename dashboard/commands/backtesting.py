"""rules backtest: what other parameters would have raised, side by side."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from alerts.backtest import Backtest, Played, Side, backtest
from alerts.configured import load_parameters
from alerts.parameters import Parameters
from alerts.replay import PLAYED, Raised
from dashboard.commands.house import moment, open_house, print_json, say
from dashboard.settings import Settings
from dashboard.sources.promised import promised
from domain.errors import ConfigError
from domain.readings import Level
from domain.terms import LEVEL, UNKNOWN, local, percent, span
from store.engine import read
from store.queries.sources import Expected


def run_backtest(
    settings: Settings,
    *,
    since: str | None,
    until: str | None,
    other: Path | None,
    every_s: float,
    rule: str | None,
    json: bool,
) -> int:
    """Reads only. The rules that are not played again are named."""
    if since is None or until is None:
        raise ConfigError("backtest: --from and --to are needed")
    if other is not None and not other.exists():
        raise ConfigError(f"--with: {other} is not there")
    begin = moment(since, option="--from")
    end = min(moment(until, option="--to"), settings.clock.now())
    parameters = load_parameters(settings.alerts)
    changed = load_parameters(other) if other is not None else None
    engine, campaign = open_house(settings)
    rules = tuple(PLAYED) if rule is None else (rule,)
    with read(engine) as conn:
        found = backtest(
            conn,
            campaign,
            parameters,
            changed,
            since=begin,
            until=end,
            expected=_expected(settings),
            rules=rules,
            every=timedelta(seconds=every_s),
        )
    say(
        f"played again: {', '.join(rules)}; not kept by their moments, so never: {', '.join(_never(parameters))}"
    )
    if json:
        print_json(document(found))
    else:
        sys.stdout.write("\n".join(_lines(found)) + "\n")
    return 0


def _expected(settings: Settings) -> tuple[Expected, ...]:
    if not settings.sources.exists():
        say(f"{settings.sources} is not there: no source is taken to have been silent")
        return ()
    return promised(settings.sources)


def _never(parameters: Parameters) -> list[str]:
    return [rule for rule, _ in parameters.each() if rule not in PLAYED]


def document(found: Backtest) -> dict[str, Any]:
    """As `--json` prints it and the desk keeps it: plain values, times in Asia/Shanghai."""
    return {
        "from": _at(found.since),
        "to": _at(found.until),
        "every_s": found.every.total_seconds(),
        "rules": [_played(played) for played in found.rules],
    }


def _played(played: Played) -> dict[str, Any]:
    return {
        "rule": played.rule,
        "changes_read": played.changes_count,
        "now": _side(played.now),
        "with": _side(played.other) if played.other else None,
        "alerts": [
            {"subject": pair.subject, "now": _raised(pair.now), "with": _raised(pair.other)}
            for pair in played.pairs
        ],
    }


def _side(side: Side) -> dict[str, Any]:
    verdicts = side.verdicts
    return {
        "parameters": side.version,
        "by_level": {level.value: side.count(level) for level in Level},
        "judged": verdicts.judged_count,
        "real": verdicts.real_count,
        "false": verdicts.false_count,
        "missed": verdicts.missed_count,
        "precision": verdicts.precision,
        "lead_s": verdicts.lead.total_seconds() if verdicts.lead is not None else None,
    }


def _raised(raised: Raised | None) -> dict[str, Any] | None:
    if raised is None:
        return None
    return {
        "opened_at": _at(raised.opened_at),
        "level": raised.level.value,
        "worst_at": _at(raised.worst_at),
        "ended_at": _at(raised.ended_at) if raised.ended_at else None,
        "county": raised.county,
        "title": raised.title,
        "reasons": list(raised.reasons),
        "evidence": list(raised.evidence),
    }


def _at(at: datetime) -> str:
    return local(at).isoformat()


def _lines(found: Backtest) -> Iterator[str]:
    yield f"{local(found.since):%Y-%m-%d %H:%M} 至 {local(found.until):%Y-%m-%d %H:%M}，每 {span(found.every)}一看"
    for played in found.rules:
        yield ""
        yield from _lines_of(played)


def _lines_of(played: Played) -> Iterator[str]:
    sides = [("现行", played.now), *([("改后", played.other)] if played.other else [])]
    levels = [LEVEL[level] for level in reversed(Level)]
    yield "\t".join((played.rule, "参数版本", *levels, "命中率", "漏报", "提前量"))
    for name, side in sides:
        verdicts, lead = side.verdicts, side.verdicts.lead
        yield "\t".join(
            (
                name,
                side.version,
                *(str(side.count(level)) for level in reversed(Level)),
                f"{percent(verdicts.precision)}（{verdicts.real_count}/{verdicts.judged_count}）",
                str(verdicts.missed_count),
                UNKNOWN if lead is None else f"{'早' if lead >= timedelta(0) else '晚'} {span(abs(lead))}",
            )
        )
    if played.pairs:
        yield "\t".join(("对象", *(name for name, _ in sides), "标题"))
    for pair in played.pairs:
        cells = [_cell(pair.now), *([_cell(pair.other)] if played.other else [])]
        title = next(side.title for side in (pair.now, pair.other) if side)
        yield "\t".join((pair.subject, *cells, title))


def _cell(raised: Raised | None) -> str:
    return UNKNOWN if raised is None else f"{local(raised.opened_at):%m-%d %H:%M} {LEVEL[raised.level]}"
