"""The weights file: JSON, read as data, pinned by the sha256 that stands beside it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain.errors import ConfigError
from sentiment.bayes import BayesTable, Triple, table
from sentiment.linear import Linear

MODEL = Path(__file__).parent / "model"
FILE, PIN = "weights.json", "weights.sha256"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What training leaves and scoring needs."""

    bayes: BayesTable
    linear: Linear
    version: str  # first eight digits of the file's sha256


def load_weights(directory: Path = MODEL) -> Weights:
    """Raises ConfigError where the file is missing, is not the pinned one, or is not of this form."""
    path = directory / FILE
    try:
        body = path.read_bytes()
        pin = (directory / PIN).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    digest = hashlib.sha256(body).hexdigest()
    if digest != pin:
        raise ConfigError(f"{path}: sha256 is {digest[:8]}, pinned is {pin[:8]}")
    try:
        return _weights(json.loads(body), digest[:8])
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise ConfigError(f"{path}: not a weights file: {error}") from error


def save_weights(directory: Path, *, counts: dict[str, tuple[int, int, int]], linear: Linear) -> str:
    """Write the file and its pin; the same model gives the same bytes. Returns the version."""
    body = json.dumps(
        {
            "format": 1,
            "bayes": {"words": "\n".join(counts), "counts": _flat(counts.values())},
            "linear": {
                "bias": linear.bias,
                "bayes": linear.bayes,
                "scale": linear.scale,
                "temperature": linear.temperature,
                "features": "\n".join(linear.weights),
                "weights": _flat(linear.weights.values()),
            },
        },
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()
    digest = hashlib.sha256(body).hexdigest()
    directory.mkdir(parents=True, exist_ok=True)
    (directory / FILE).write_bytes(body)
    (directory / PIN).write_text(digest + "\n", encoding="ascii")
    return digest[:8]


def _weights(raw: dict[str, Any], version: str) -> Weights:
    if raw["format"] != 1:
        raise ValueError("unknown format")
    bayes, linear = raw["bayes"], raw["linear"]
    return Weights(
        bayes=table(_lines(bayes["words"]), _rows(bayes["counts"])),
        linear=Linear(
            bias=_triple(linear["bias"]),
            bayes=_number(linear["bayes"]),
            scale=_number(linear["scale"]),
            temperature=_number(linear["temperature"]),
            weights=dict(zip(_lines(linear["features"]), _rows(linear["weights"]), strict=True)),
        ),
        version=version,
    )


def _flat(rows: Iterable[tuple[int, int, int]]) -> list[int]:
    return [n for row in rows for n in row]


def _rows(flat: object) -> list[tuple[int, int, int]]:
    if not isinstance(flat, list) or len(flat) % 3:
        raise ValueError("numbers do not come in threes")
    each = iter(flat)
    return list(zip(each, each, each, strict=True))


def _lines(joined: object) -> list[str]:
    if not isinstance(joined, str):
        raise ValueError("words are not one string")
    return joined.split("\n") if joined else []


def _triple(value: object) -> Triple:
    if not isinstance(value, list) or len(value) != 3:
        raise ValueError("not a triple")
    return _number(value[0]), _number(value[1]), _number(value[2])


def _number(value: object) -> float:
    if not isinstance(value, (int, float)):
        raise ValueError("not a number")
    return float(value)
