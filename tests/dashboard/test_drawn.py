"""A picture as text: what Dash would have said of it, and no step that differs from the picture it leads to."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from dash import dcc, html
from hypothesis import given, settings
from hypothesis import strategies as st
from plotly.utils import PlotlyJSONEncoder

from dashboard.live.drawn import Drawn, texts

HEAD = {"build": "b", "scope": "140400", "made_at": "2022-10-28T09:00:00+08:00", "illustrative": True}
VALUES = st.dictionaries(
    st.sampled_from(["a", "b", "c"]),
    st.dictionaries(
        st.sampled_from(["children", "className"]), st.text(max_size=3) | st.integers(), min_size=1
    ),
)


def drawn(version: int, values: dict[str, Any], **rest: Any) -> Drawn:
    head = {"version": version, **HEAD}
    return Drawn(head=head, values={name: texts(of) for name, of in values.items()}, rest=rest)


def test_a_component_is_said_as_dash_says_it():
    tree = html.Div(
        [
            html.Span("一 </script>", className="num", **{"data-plan": "x", "aria-label": "图"}),
            None,
            3,
            "\u2028",
        ],
        style={"left": "1.0%"},
    )
    graph = dcc.Graph(figure={"data": [{"y": (1, None)}]}, id="g")
    for component in (tree, graph):
        ours = json.loads(texts({"children": component})["children"])
        assert ours == json.loads(json.dumps(component, cls=PlotlyJSONEncoder))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), {1, 2j}])
def test_what_json_cannot_say_is_an_error_and_no_text(value: object):
    with pytest.raises((TypeError, ValueError)):
        texts({"children": value})


@settings(deadline=None)
@given(before=VALUES, now=VALUES)
def test_a_step_holds_what_changed_and_nothing_else(before: dict[str, Any], now: dict[str, Any]):
    picture = drawn(2, now, good={"x": 1})
    step = json.loads(gzip.decompress(picture.changes(drawn(1, before))))
    assert step == {"version": 2, **HEAD, "since": 1, "values": step["values"]}
    assert step["values"] == {
        component: changed
        for component, of in now.items()
        if (
            changed := {
                p: v for p, v in of.items() if p not in (was := before.get(component, {})) or was[p] != v
            }
        )
    }
    whole = json.loads(picture.whole())
    assert whole == {"version": 2, **HEAD, "good": {"x": 1}, "values": now}
    assert Drawn.parsed(whole).values == picture.values
