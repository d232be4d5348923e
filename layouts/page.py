"""The grids the slots sit in. Every scene fills the screen without a scroll bar and is mounted once, for good."""

from dash import html
from dash.development.base_component import Component

from domain.scenes import Scene


def wall_page(
    *,
    masthead: Component,
    headline: Component,
    county_progress: Component,
    county_ranks: Component,
    county_map: Component,
    minute_curve: Component,
    sector_mix: Component,
    opinion_pulse: Component,
    alerts: Component,
    launch_rounds: Component,
    launch_now: Component,
    launch_curve: Component,
    county_pace: Component,
    sector_table: Component,
    opinion_volume: Component,
    opinion_issues: Component,
    opinion_events: Component,
    opinion_table: Component,
    opinion_sources: Component,
    trust_sources: Component,
    trust_checks: Component,
    foot: Component,
    scene_plan: Component,
) -> Component:
    """Six scenes in one place; `assets/rotation.js` shows one at a time."""
    overview = [
        headline,
        html.Div([county_progress], className="wall-left"),
        html.Div([county_ranks, county_map, minute_curve], className="wall-centre"),
        html.Div([sector_mix, opinion_pulse, alerts], className="wall-right"),
    ]
    scenes = {
        Scene.OVERVIEW: overview,
        Scene.LAUNCH: [launch_rounds, html.Div([launch_now, launch_curve], className="launch-right")],
        Scene.COUNTIES: [county_pace],
        Scene.SECTORS: [sector_table],
        Scene.OPINION: [
            opinion_volume,
            opinion_issues,
            html.Div([opinion_events, opinion_table, opinion_sources], className="opinion-right"),
        ],
        Scene.TRUST: [trust_sources, trust_checks],
    }
    return html.Main(
        [
            masthead,
            html.Div([_scene(scene, content) for scene, content in scenes.items()], className="scenes"),
            foot,
            scene_plan,
        ],
        className="wall",
        lang="zh-CN",
    )


def _scene(scene: Scene, content: list[Component]) -> Component:
    """The overview is what shows where no script decides."""
    shown = " shown" if scene is Scene.OVERVIEW else ""
    return html.Section(content, id=f"scene-{scene}", className=f"scene{shown}", **{"data-scene": str(scene)})
