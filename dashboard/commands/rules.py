"""rules: the parameters of the alert rules."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from typing import Any

from alerts.configured import load_parameters
from alerts.parameters import Parameters, RuleParameters
from dashboard.commands.house import print_json, say
from dashboard.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=("show",))
    parser.add_argument("--json", action="store_true")


def run_rules(args: argparse.Namespace, settings: Settings) -> int:
    """The parameters as the file gives them now; the worker takes them when it starts."""
    parameters = load_parameters(settings.alerts)
    if args.json:
        print_json({rule: _document(given) for rule, given in parameters.each()})
        return 0
    if not settings.alerts.exists():
        say(f"{settings.alerts} is not there: every parameter has its default")
    for line in _lines(parameters):
        sys.stdout.write(line + "\n")
    return 0


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
