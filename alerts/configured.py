"""`alerts.toml`: which channels tell whom of what, and the parameters of the rules. Checked once, at start."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from alerts.channel import Channel
from alerts.channels import KINDS
from alerts.parameters import Parameters
from domain.errors import ConfigError

_FROM_ENVIRON = "_env"
_VARIABLE = re.compile("[A-Z][A-Z0-9_]{0,63}")
_SECRETS = ("url", "secret", "password")


def load_channels(path: Path, environ: Mapping[str, str]) -> tuple[Channel, ...]:
    """Every `[[channel]]`, in the file's order; none if there is no file. Raises ConfigError naming channel and key.

    `url_env`, `secret_env`, `password_env` name the variables of the environment where these stand.
    """
    content = _content(path)
    found = tuple(
        _channel(f"{path}: channel {e.get('id')!r}", e, environ) for e in content.get("channel", [])
    )
    ids = [channel.id for channel in found]
    for channel_id in ids:
        if ids.count(channel_id) > 1:
            raise ConfigError(f"{path}: channel {channel_id!r}: id: stands more than once")
    return found


def load_parameters(path: Path) -> Parameters:
    """Every rule's parameters as `[rules.<id>]` says, else their defaults. Raises ConfigError naming rule and field.

    Its words are in Chinese and English: whoever tunes a rule is seldom whoever wrote it.
    """
    rules = _content(path).get("rules", {})
    try:
        return Parameters.model_validate_json(json.dumps(rules, default=str), strict=True)
    except ValidationError as error:
        raise ConfigError("; ".join(f"{path}: {_wrong(e)}" for e in error.errors())) from None


_PROBLEM = {
    "extra_forbidden": "没有这一项",
    "enum": "不是可用的取值",
    "value_error": "各项之间不相容",
    "finite_number": "不是有限的数",
    "too_short": "项数不足",
    "too_long": "项数过多",
    "missing": "项数不足",
    **dict.fromkeys(("greater_than", "greater_than_equal", "less_than", "less_than_equal"), "超出允许范围"),
}
_WRONG_TYPE = "类型不对"


def _wrong(error: ErrorDetails) -> str:
    place = ".".join(map(str, error["loc"])) or "rules"
    return f"rules.{place}: {_PROBLEM.get(error['type'], _WRONG_TYPE)} ({error['msg']})"


def _content(path: Path) -> dict[str, Any]:
    """An empty document if there is no file."""
    if not path.exists():
        return {}
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read as TOML") from error
    unknown = sorted(content.keys() - {"channel", "rules"})
    if unknown:
        raise ConfigError(f"{path}: unknown keys: {', '.join(unknown)}")
    return content


def _channel(label: str, entry: dict[str, Any], environ: Mapping[str, str]) -> Channel:
    kind = entry.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise ConfigError(f"{label}: kind: {kind!r} is none of {', '.join(sorted(KINDS))}")
    given = dict(entry)
    for name in _SECRETS:
        if name in given:
            raise ConfigError(f"{label}: {name}: name its environment variable instead, as {name}_env")
        variable = given.pop(name + _FROM_ENVIRON, None)
        if variable is not None:
            given[name] = _secret(label, name, variable, environ)
    try:
        return KINDS[kind].model_validate(given)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ConfigError(f"{label}: {problems}") from None


def _secret(label: str, name: str, variable: Any, environ: Mapping[str, str]) -> str:
    if not isinstance(variable, str) or not _VARIABLE.fullmatch(
        variable
    ):  # most likely the secret: not repeated
        raise ConfigError(f"{label}: {name}{_FROM_ENVIRON}: not the name of an environment variable")
    value = environ.get(variable)
    if not value:
        raise ConfigError(f"{label}: {name}{_FROM_ENVIRON}: the variable {variable!r} is not set")
    return value
