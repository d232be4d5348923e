"""What rotation.js obeys: order, dwell and pin of the scenes, as JSON in an attribute nobody sees."""

import json

from dash import html
from dash.development.base_component import Component

from domain.scenes import NAMES, Rotation

SLOT = "scene-plan"


def layout() -> Component:
    return html.Div(id=SLOT, hidden=True)


def update(reading: Rotation) -> dict[str, dict[str, object]]:
    plan = {
        "scenes": [
            {
                "id": scene,
                "name": NAMES[scene][0],
                "question": NAMES[scene][1],
                "dwell_s": reading.dwell_s[scene],
            }
            for scene in reading.order
        ],
        "pin": reading.pin and {"scene": reading.pin.scene, "why": reading.pin.why},
    }
    return {SLOT: {"data-plan": json.dumps(plan, ensure_ascii=False, separators=(",", ":"))}}
