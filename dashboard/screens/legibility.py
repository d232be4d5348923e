"""Whether each scene of a display can be read from where people stand, by the type its browser measured."""

from __future__ import annotations

from dataclasses import dataclass

from domain.displays import PairedDisplay
from layouts.theme import DIGIT, HEADLINE_MINUTES, INCHES, LABEL_MINUTES, METRES, minutes_of_arc


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneType:
    """Minutes of arc of the smallest label and of the smallest headline digit; None: the scene has no headline."""

    scene: str
    label: float
    headline: float | None

    @property
    def share(self) -> float:
        """Of what is demanded, at the worse of the two: 1 and more can be read."""
        headline = (
            self.headline / HEADLINE_MINUTES if self.headline is not None else self.label / LABEL_MINUTES
        )
        return min(headline, self.label / LABEL_MINUTES)

    @property
    def holds(self) -> bool:
        return self.share >= 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Legibility:
    """`metres`: from how near the worst scene could be read; `inches`: how large the screen would have to be."""

    scenes: tuple[SceneType, ...]
    metres: float
    inches: float
    is_assumed: bool  # nobody has said how large and how far away the screen is

    @property
    def short(self) -> tuple[SceneType, ...]:
        return tuple(scene for scene in self.scenes if not scene.holds)


def legibility(display: PairedDisplay) -> Legibility | None:
    """None: the display has not measured anything yet."""
    report, screen = display.report, display.screen
    if report is None or not report.type_px:
        return None
    inches, metres = screen.inches or INCHES, screen.metres or METRES
    size = (report.width_px, report.height_px)

    def minutes(px: float) -> float:
        return minutes_of_arc(px, screen_px=size, inches=inches, metres=metres)

    scenes = tuple(
        SceneType(scene=scene, label=minutes(px), headline=None if hero is None else minutes(hero * DIGIT))
        for scene, (px, hero) in report.type_px.items()
    )
    worst = min(scene.share for scene in scenes)
    return Legibility(
        scenes=scenes, metres=metres * worst, inches=inches / worst, is_assumed=screen.inches is None
    )
