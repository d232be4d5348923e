"""A picture as JSON text, property by property: encoded once, and held against the one before without being read."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dash.development.base_component import Component
from plotly.utils import PlotlyJSONEncoder

Texts = Mapping[str, Mapping[str, str]]
"""Component -> property -> its value as JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """`head`: which picture it is; `rest`: what only the whole carries."""

    head: Mapping[str, Any]
    values: Texts
    rest: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def parsed(cls, document: Mapping[str, Any]) -> Drawn:
        """From a picture that was read back."""
        names = ("version", "build", "scope", "made_at", "illustrative")
        return cls(
            head={name: document[name] for name in names},
            values={component: texts(values) for component, values in document["values"].items()},
        )

    @property
    def version(self) -> int:
        return int(self.head["version"])

    def whole(self) -> bytes:
        """UTF-8 JSON: the head, `values` {component id: {property: value}} of every panel, the rest."""
        return _document(self.head, self.values, self.rest)

    def changes(self, before: Drawn) -> bytes:
        """The head, `since` and of every component only the properties that are not as they were. Gzipped JSON."""
        values = {
            component: changed
            for component, now in self.values.items()
            if (changed := _changed(before.values.get(component, {}), now))
        }
        return gzip.compress(
            _document(self.head, values, {"since": before.version}), compresslevel=6, mtime=0
        )


def texts(
    values: Mapping[str, Any], before: tuple[Mapping[str, Any], Mapping[str, str]] | None = None
) -> dict[str, str]:
    """One component's values, encoded. Raises TypeError or ValueError for what JSON cannot say.

    `before`: values and their text; a value that is the very same object is not encoded again.
    """
    was, said = before or ({}, {})
    return {
        name: said[name] if name in said and was[name] is value else _encode(value)
        for name, value in values.items()
    }


def _changed(before: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in now.items() if before.get(name) != value}


def _document(head: Mapping[str, Any], values: Texts, rest: Mapping[str, Any]) -> bytes:
    named = {name: _encode(value) for name, value in (*head.items(), *rest.items())}
    named["values"] = _object({component: _object(props) for component, props in values.items()})
    return _object(named).encode()


def _object(members: Mapping[str, str]) -> str:
    return "{" + ",".join(f"{_encode(name)}:{value}" for name, value in members.items()) + "}"


def _plain(value: object) -> Any:
    """What the encoder does not know. Dash asks every component for every property it might have: that took longer
    than drawing it."""
    if not isinstance(value, Component):
        return PlotlyJSONEncoder().default(value)
    props = {
        name: prop
        for name, prop in vars(value).items()
        if not name.startswith(("_", "available_"))  # what Dash notes down for itself
    }
    return {"props": props, "type": value._type, "namespace": value._namespace}


_encode = json.JSONEncoder(default=_plain, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
