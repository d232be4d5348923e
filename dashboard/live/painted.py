"""What the panels of a scope last drew, and of what: one whose reading is as it was is not drawn again.

A panel takes a reading and returns values and looks at nothing else, so the picture is the one it would have drawn.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from dashboard.live.drawn import Texts, texts
from dashboard.live.readings import Readings
from dashboard.panels import Panel
from domain.errors import WatchError
from layouts.parts import Values

log = logging.getLogger(__name__)

PANEL_FAULTS = (SQLAlchemyError, WatchError, ArithmeticError, LookupError, TypeError, ValueError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Painted:
    """One panel's reading, its values of it, and these as text."""

    reading: object
    values: Values
    texts: Texts


Canvas = dict[str, Painted]
"""By slot."""


def panel_values(panels: Sequence[Panel], readings: Readings, before: Canvas | None = None) -> Texts:
    """Every panel's values; one that fails greys its own slot and says so, the others are drawn.

    `before`: what was painted last, brought up to date.
    """
    canvas = {} if before is None else before
    found: dict[str, Mapping[str, str]] = {}
    for panel in panels:
        try:
            canvas[panel.slot] = painted = _painted(panel, panel.reads(readings), canvas.get(panel.slot))
            found |= painted.texts
        except PANEL_FAULTS:
            log.exception("panel %s could not be drawn", panel.slot)
            found |= {panel.slot: texts({"className": "card stale failed"})}
    return found


def _painted(panel: Panel, reading: object, last: Painted | None) -> Painted:
    if last is not None and last.reading == reading:
        return last
    values = panel.update(reading)
    said = {
        component: texts(of, last and (last.values.get(component, {}), last.texts.get(component, {})))
        for component, of in values.items()
    }
    return Painted(reading=reading, values=values, texts=said)
