"""rules: the parameters of the alert rules, and what a change of them would have raised."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from alerts.again import recheck
from alerts.configured import load_parameters
from alerts.parameters import Parameters
from alerts.replay import PLAYED
from alerts.rule_parameters import RuleParameters
from dashboard.commands.backtesting import run_backtest
from dashboard.commands.house import open_house, print_json, say
from dashboard.settings import Settings
from store.engine import read


def add_to(command: Callable[[str, object, str, str], argparse.ArgumentParser]) -> None:
    parser = command("rules", run_rules, "the alert rules and their parameters", "quanqing rules show")
    parser.add_argument("action", choices=("show", "backtest", "recheck"))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--from", dest="since", metavar="TIME", help="backtest: the first moment looked at")
    parser.add_argument("--to", dest="until", metavar="TIME", help="backtest: up to here, +08:00 unless said")
    parser.add_argument(
        "--with", dest="other", type=Path, metavar="TOML", help="backtest: another alerts.toml"
    )
    parser.add_argument(
        "--rule", choices=tuple(PLAYED), help="backtest: this one; else all that can be played"
    )
    parser.add_argument(
        "--every", type=float, default=60.0, metavar="SECONDS", help="backtest: between looks"
    )


def run_rules(args: argparse.Namespace, settings: Settings) -> int:
    """The parameters as the file gives them now; the worker takes them when it starts."""
    if args.action == "backtest":
        return run_backtest(
            settings,
            since=args.since,
            until=args.until,
            other=args.other,
            every_s=args.every,
            rule=args.rule,
            json=args.json,
        )
    if args.action == "recheck":
        return _recheck(settings)
    parameters = load_parameters(settings.alerts)
    if args.json:
        print_json({rule: _document(given) for rule, given in parameters.each()})
        return 0
    if not settings.alerts.exists():
        say(f"{settings.alerts} is not there: every parameter has its default")
    for line in _lines(parameters):
        sys.stdout.write(line + "\n")
    return 0


def _recheck(settings: Settings) -> int:
    """Every stored alert's level from its kept facts and parameters. 1 if any comes to another."""
    engine, _ = open_house(settings)
    with read(engine) as conn:
        found = recheck(conn)
    print_json(found)
    return 1 if found.others else 0


def _document(given: RuleParameters) -> dict[str, Any]:
    content = given.model_dump(mode="json")
    defaults = type(given)().model_dump(mode="json")
    changed = sorted(name for name in content if content[name] != defaults[name])
    return {"name": given.name, "version": given.version, "parameters": content, "changed": changed}


def _lines(parameters: Parameters) -> Iterator[str]:
    """As `alerts.toml` takes it: what is printed can be put there."""
    for rule, given in parameters.each():
        state = "" if given.on else "，已停用"
        yield f"[rules.{rule}]  # {given.name}{state}，参数版本 {given.version}"
        content, fields = given.model_dump(mode="json"), type(given).model_fields
        defaults = type(given)().model_dump(mode="json")
        for name, value in content.items():
            marked = "" if value == defaults[name] else f"（默认 {json.dumps(defaults[name])}）"
            yield f"{name} = {json.dumps(value)}  # {fields[name].description}{marked}"
        yield ""
