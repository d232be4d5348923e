"""What stands on the wall: each panel, what it reads, how it is drawn. One list to read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dash.development.base_component import Component

from dashboard.live.readings import Readings
from layouts.page import wall_page
from layouts.parts import Values
from layouts.wall import (
    alerts,
    county_map,
    county_pace,
    county_progress,
    county_ranks,
    foot,
    headline,
    launch_curve,
    launch_now,
    launch_rounds,
    masthead,
    minute_curve,
    opinion_events,
    opinion_issues,
    opinion_pulse,
    opinion_sources,
    opinion_table,
    opinion_volume,
    scene_plan,
    sector_mix,
    sector_table,
    trust_checks,
    trust_sources,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One slot of the wall."""

    slot: str
    layout: Callable[[], Component]
    reads: Callable[[Readings], Any]
    update: Callable[[Any], Values]

    def values(self, readings: Readings) -> Values:
        return self.update(self.reads(readings))


def _panel(module: Any, reads: Callable[[Readings], Any]) -> Panel:
    return Panel(slot=module.SLOT, layout=module.layout, reads=reads, update=module.update)


WALL: tuple[Panel, ...] = (
    _panel(masthead, lambda r: r.masthead),
    _panel(foot, lambda r: (r.masthead, r.feed_board)),
    _panel(scene_plan, lambda r: r.rotation),
    # 总览
    _panel(headline, lambda r: r.overview),
    _panel(county_progress, lambda r: r.counties),
    _panel(county_ranks, lambda r: r.city_map),
    _panel(county_map, lambda r: r.city_map),
    _panel(minute_curve, lambda r: r.curve),
    _panel(sector_mix, lambda r: r.sectors),
    _panel(opinion_pulse, lambda r: r.talk and r.talk.pulse),
    _panel(alerts, lambda r: r.alert_board),
    # 首发
    _panel(launch_rounds, lambda r: r.launch),
    _panel(launch_now, lambda r: r.launch),
    _panel(launch_curve, lambda r: r.launch),
    # 区县
    _panel(county_pace, lambda r: r.pace),
    # 行业
    _panel(sector_table, lambda r: r.sectors),
    # 舆情
    _panel(opinion_volume, lambda r: r.talk),
    _panel(opinion_issues, lambda r: r.talk),
    _panel(opinion_events, lambda r: r.talk),
    _panel(opinion_table, lambda r: r.talk),
    _panel(opinion_sources, lambda r: r.opinion),
    # 数据
    _panel(trust_sources, lambda r: r.trust),
    _panel(trust_checks, lambda r: r.trust),
)


def wall_layout() -> Component:
    """Every scene, drawn once and empty; every figure comes with a snapshot."""
    return wall_page(**{panel.slot.replace("-", "_"): panel.layout() for panel in WALL})
