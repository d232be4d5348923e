"""One scene of a stored picture as PNG: the values the wall showed, with moment, money, grade and version on it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from briefing.fonts import fitted, font_folders
from briefing.pictures import compiled
from briefing.text import clean
from dashboard.panels import wall_layout
from dashboard.pictures.cards import Json, cards, of, runs
from dashboard.pictures.tree import Node, Values, filled
from domain.errors import StoreError
from domain.scenes import NAMES, Scene
from domain.terms import clock, day
from layouts.theme import COLOURS
from store.queries.snapshots import Snapshot

LAYOUT = Path(__file__).with_name("scene.typ")
WIDTH = 1920
"""Dots; as tall as it needs to be, 1080 at least."""
_SHARES: dict[Scene, tuple[float, ...]] = {
    Scene.OVERVIEW: (1.14, 1.0, 1.1),
    Scene.LAUNCH: (1.62, 1.0),
    Scene.COUNTIES: (1.0,),
    Scene.SECTORS: (1.0,),
    Scene.OPINION: (1.0, 0.9, 1.2),
    Scene.TRUST: (1.62, 1.0),
}
"""Of the width, a column each."""
_DOUBLED = frozenset({"county-ranks"})
"""What a near screen leaves out too: the map beside it says it with names."""


def scene_picture(snapshot: Snapshot, scene: Scene, *, fonts: Path | None = None) -> bytes:
    """PNG. Raises StoreError where the picture is of an older kind, without that scene."""
    document = json.loads(gzip.decompress(snapshot.body_gzip))
    values: Values = document["values"]
    root = filled(wall_layout(), values).find(f"scene-{scene}")
    if root is None or not values:
        raise StoreError(f"picture {snapshot.version} of {snapshot.scope} has no scene {scene}")
    told = {
        "head": _head(values, scene, snapshot.made_at),
        "foot": _foot(values, snapshot),
        "bands": _bands(root, scene),
        "colours": COLOURS,
    }
    folders = font_folders(fonts)
    words = fitted(clean(json.dumps(told, ensure_ascii=False)), folders)
    source = LAYOUT.read_text(encoding="utf-8")
    return compiled(source, {"scene": words}, folders, ppi=72)[0]


def _head(values: Values, scene: Scene, made_at: datetime) -> Json:
    name, question = NAMES[scene]
    return {
        "theme": of(values, "masthead-theme"),
        "place": f"{of(values, 'masthead-city')} {of(values, 'masthead-tranche')}",
        "name": name,
        "question": question,
        "banner": of(values, "masthead-banner"),
        "at": f"{day(made_at)} {clock(made_at)}",
    }


def _foot(values: Values, snapshot: Snapshot) -> list[list[Json]]:
    """What every scene's foot says, and that this is a picture of then."""
    shown = [
        _words(values, "foot-day"),
        _words(values, "foot-stamp"),
        _words(values, "foot-feeds"),
        [_plain(f"资金批次 {of(values, 'masthead-tranche')}")],
        [_plain(f"画面时刻 {day(snapshot.made_at)} {clock(snapshot.made_at)}")],
        [_plain(of(values, "wall-version"))],
        [_plain("由存档画面绘制，数字与同版本大屏一致")],
    ]
    return [part for part in shown if part]


def _words(values: Values, id: str) -> list[Json]:
    told = values.get(id, {}).get("children")
    return runs(_as_node(told)) if told else []


def _as_node(told: Any) -> Node:
    return filled({"type": "Div", "props": {"children": told}}, {})


def _plain(text: str) -> Json:
    return {"t": text, "c": "", "b": False, "s": ""}


def _bands(root: Node, scene: Scene) -> list[Json]:
    """Tiles lie across the whole width, everything else in columns."""
    tiles = [node for node in root.elements if "tiles" in node.classes]
    others = [node for node in root.elements if "tiles" not in node.classes]
    found: list[Json] = []
    for node in tiles:
        shown = list(cards(node))
        found.append({"shares": [1.0] * 3, "columns": _dealt(shown, 3), "tiles": True})
    columns = [list(_shown(node)) for node in others]
    found.append({"shares": list(_SHARES[scene])[: len(columns)], "columns": columns, "tiles": False})
    return found


def _shown(node: Node) -> Sequence[Json]:
    inner = [child for child in node.elements if child.id in _DOUBLED]
    if not inner:
        return list(cards(node))
    return [card for child in node.elements if child.id not in _DOUBLED for card in cards(child)]


def _dealt(shown: Sequence[Json], columns: int) -> list[list[Json]]:
    """Row by row."""
    return [list(shown[n::columns]) for n in range(columns)]
