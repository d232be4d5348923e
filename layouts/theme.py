"""Design tokens of wall and desk. `assets/quanqing.css` holds the same values as CSS variables; a test compares them.

Sizes are rem: 1 rem is 16 px at 1920 x 1080 and grows with the screen. Contrasts were measured on `panel`.

A wall is read from far: on a 65-inch screen five metres away 20 minutes of arc are 39 px of 1080, and 40 are 78 px of
digit, 107 px of type. Those are the sizes unless the screen is larger or nearer: then the overview alone takes the
`near-` sizes and shows more. On a smaller or farther one each part grows as far as it holds: see `assets/reach.js`.
"""

from math import atan, degrees, hypot

COLOURS = {
    "bg": "#060B16",
    "bg-mid": "#0B1424",
    "panel": "#101C30",
    "panel-2": "#15243C",
    "track": "#1D3050",  # the empty part of a bar
    "line": "#263A58",
    "line-2": "#35507A",
    "grid": "#1E3050",
    "text": "#EEF4FC",  # 15.4 : 1
    "text-2": "#B4C4DA",  # 9.6 : 1
    "text-3": "#8599B5",  # 5.9 : 1, column heads and what has gone stale
    "cyan": "#4CC9F0",  # data, claims
    "amber": "#FFB703",  # behind pace, redemptions
    "green": "#3DDBA6",  # met; never the only difference to cyan
    "red": "#FF6B5E",  # below the floor
    "yellow": "#F5E663",  # reference lines only
    "steel": "#6C8FB8",  # bars that are neither good nor bad
    "level-red": "#FF6B5E",
    "level-orange": "#FF9D42",
    "level-yellow": "#FFD84D",
    "level-blue": "#6CB4FF",
    "on-level": "#12080A",  # text on any of the four
}

SEQUENTIAL = ("#14304F", "#1B4B78", "#1F6FA3", "#2E96C4", "#5FBEDD", "#A5E3F0")
"""Even steps of lightness, dark to light. Text is light on the first three, dark on the rest: `SEQUENTIAL_TEXT`."""

SEQUENTIAL_TEXT = ("#EEF4FC", "#EEF4FC", "#EEF4FC", "#04121F", "#04121F", "#04121F")

SIZES = {
    "fs-hero": "6.75rem",
    "fs-figure": "3.5rem",
    "fs-clock": "3.25rem",
    "fs-title": "2.875rem",
    "fs-h2": "2.75rem",
    "fs-min": "2.5rem",  # nothing is smaller: 40 px at 1080p
    "near-hero": "3.75rem",
    "near-h2": "1.5rem",
    "near-label": "1.375rem",
    "near-min": "1.25rem",
    "gap": "0.75rem",
    "radius": "0.625rem",
}

FONT = (
    "'Quanqing Sans', 'Noto Sans CJK SC', 'Noto Sans SC', 'Source Han Sans SC', 'Microsoft YaHei', sans-serif"
)

PX_PER_REM = 16
"""Figures are built for this root size; `assets/scale.js` multiplies them for larger screens."""

MIN_PX = 20  # of the overview on a near screen
FAR_PX = 40
LINE_PX = 2.5

QUIET = {"displayModeBar": False, "showSendToCloud": False, "staticPlot": True, "responsive": False}
"""Every Graph of the wall: no buttons, no upload, no hover."""

INCHES, METRES = 65.0, 5.0
"""The screen that is assumed until somebody says otherwise."""

LABEL_MINUTES, HEADLINE_MINUTES = 20.0, 40.0
DIGIT = 0.733
"""Height of a digit in our font, in em. A Chinese character fills its em."""

MOST_TYPE = {"frame": 1.15, "counties": 1.15, "sectors": 1.12, "trust": 1.12}
"""How many times its usual size a part's type may be before something is cut, with the fullest of data; the other
scenes have no room. The browser tests hold it to this."""

_MM_PER_INCH = 25.4


def minutes_of_arc(
    px: float, *, screen_px: tuple[int, int], inches: float = INCHES, metres: float = METRES
) -> float:
    """How large `px` of a screen of that diagonal appear at that distance, in minutes of arc."""
    mm = px * inches * _MM_PER_INCH / hypot(*screen_px)
    return degrees(atan(mm / (metres * 1000))) * 60


LIGHT = {
    "bg": "#F3F6FA",
    "panel": "#FFFFFF",
    "panel-2": "#E8EFF7",
    "head": "#0B2E57",  # behind every page's title
    "line": "#D3DCE8",
    "line-2": "#9FB0C6",
    "text": "#13233A",
    "text-2": "#4A5D78",
    "cyan": "#0B5CAD",  # links
    "amber": "#8A5200",
    "green": "#0B6E4F",
    "red": "#B3261E",
    "orange": "#A84B00",
    "yellow": "#7A5B00",
    "blue": "#1B5FA8",
    "mark": "#FFE9A8",  # behind the words that decided
    "claim": "#1B7FB5",  # of curves
    "redeem": "#B45F06",
}
"""Pages that people work with are read from arm's length in a lit office. `assets/office.css` holds the same values."""
