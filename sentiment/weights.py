"""The weights file: JSON, read as data, pinned by the sha256 that stands beside it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain.errors import ConfigError
from sentiment.bayes import BayesTable, Triple, table
from sentiment.issue_model import IssueModel, issue_model, issue_part
from sentiment.linear import Linear, pack, unpack
from sentiment.talk import Talk

MODEL = Path(__file__).parent / "model"
FILE, PIN = "weights.json", "weights.sha256"
_FORMAT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What training leaves and scoring needs."""

    bayes: BayesTable
    linear: Linear
    talk: Talk
    issues: IssueModel | None  # None: a model of before issues were learnt
    version: str  # first eight digits of the file's sha256


def load_weights(directory: Path = MODEL) -> Weights:
    """Raises ConfigError where the file is missing, is not the pinned one, or is not of this form."""
    path = directory / FILE
    try:
        body = path.read_bytes()
        pin = (directory / PIN).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    return read_weights(body, pin, str(path))


def read_weights(body: bytes, pin: str, name: str) -> Weights:
    """The weights file's bytes as weights. Raises ConfigError where they are not the pinned ones."""
    digest = hashlib.sha256(body).hexdigest()
    if digest != pin:
        raise ConfigError(f"{name}: sha256 is {digest[:8]}, pinned is {pin[:8]}")
    try:
        return _weights(json.loads(body), digest[:8])
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise ConfigError(f"{name}: not a weights file: {error}") from error


def save_weights(
    directory: Path,
    *,
    counts: dict[str, tuple[int, int, int]],
    linear: Linear,
    talk: Talk,
    issues: IssueModel | None = None,
) -> str:
    """Write the file and its pin; the same model gives the same bytes. Returns the version."""
    body = json.dumps(
        {
            "format": _FORMAT,
            "bayes": {"words": "\n".join(counts), "counts": [n for row in counts.values() for n in row]},
            "linear": {
                "bias": linear.bias,
                "bayes": linear.bayes,
                "scale": linear.scale,
                "temperature": linear.temperature,
                "voucher_temperature": linear.voucher_temperature,
                "terms": _packed(linear.terms),
                "runs": _packed(linear.runs),
            },
            "talk": {
                "bias": talk.bias,
                "scale": talk.scale,
                "terms": _single(talk.terms),
                "runs": _single(talk.runs),
            },
            "issues": issue_part(issues) if issues else None,
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
    if raw["format"] != _FORMAT:
        raise ValueError("unknown format")
    bayes, linear, talk = raw["bayes"], raw["linear"], raw["talk"]
    neg, neu, pos = (_number(value) for value in linear["bias"])
    return Weights(
        bayes=table(_lines(bayes["words"]), _triples(bayes["counts"])),
        linear=Linear(
            bias=(neg, neu, pos),
            bayes=_number(linear["bayes"]),
            scale=_number(linear["scale"]),
            temperature=_number(linear["temperature"]),
            voucher_temperature=_number(linear.get("voucher_temperature", linear["temperature"])),
            terms=_unpacked(linear["terms"]),
            runs=_unpacked(linear["runs"]),
        ),
        talk=Talk(
            bias=_number(talk["bias"]),
            scale=_number(talk["scale"]),
            terms=_singles(talk["terms"]),
            runs=_singles(talk["runs"]),
        ),
        issues=issue_model(raw["issues"]) if raw.get("issues") else None,
        version=version,
    )


def _packed(weights: Mapping[str, int]) -> dict[str, Any]:
    """Names, and two numbers each: the third is what is missing to zero."""
    pairs = [unpack(packed)[1:] for packed in weights.values()]
    return {"names": "\n".join(weights), "weights": [n for pair in pairs for n in pair]}


def _unpacked(part: dict[str, Any]) -> dict[str, int]:
    each = iter(_integers(part["weights"], 2))
    return dict(zip(_lines(part["names"]), map(pack, each, each), strict=True))


def _single(weights: Mapping[str, int]) -> dict[str, Any]:
    return {"names": "\n".join(weights), "weights": list(weights.values())}


def _singles(part: dict[str, Any]) -> dict[str, int]:
    return dict(zip(_lines(part["names"]), _integers(part["weights"], 1), strict=True))


def _triples(flat: object) -> Iterable[Triple]:
    each = iter(_integers(flat, 3))
    return list(zip(each, each, each, strict=True))


def _integers(flat: object, per_row: int) -> list[int]:
    if not isinstance(flat, list) or len(flat) % per_row or not all(type(n) is int for n in flat):
        raise ValueError("not the numbers there should be")
    return flat


def _lines(joined: object) -> list[str]:
    if not isinstance(joined, str):
        raise ValueError("words are not one string")
    return joined.split("\n") if joined else []


def _number(value: object) -> float:
    if not isinstance(value, (int, float)):
        raise ValueError("not a number")
    return float(value)
