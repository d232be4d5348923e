"""The small campaign with cars: the city (json_api) and one county (bank_drop) pay subsidies after an audit."""

from __future__ import annotations

from pathlib import Path

from domain.campaign import Campaign, load_campaign

SMALL = Path(__file__).parent / "data" / "campaign-small.toml"
_SECTOR = """
[[sector]]
id = "auto"
name = "汽车"
core = true
"""
_TEMPLATE = """
[[template]]
id = "{programme}.auto"
programme = "{programme}"
sector = "auto"
kind = "audit_subsidy"
name = "购车补贴"
face_yuan = 1000
min_spend_yuan = 50000
evidence = ["发票", "行驶证"]
"""
_LINES = (  # what makes room for five cars
    ("city", '{ template = "city.ret20", qty = 2000 }', '{ template = "city.ret20", qty = 1750 }'),
    ("shangdang", '{ template = "shangdang.cat10", qty = 1000 }', '{ template = "shangdang.cat10", qty = 500 }'),
)  # fmt: skip


def audited_toml() -> str:
    words = SMALL.read_text(encoding="utf-8")
    before, round_, after = words.partition("[[round]]")
    for programme, lines, fewer in _LINES:
        before += _TEMPLATE.format(programme=programme)
        assert lines in after
        after = after.replace(lines, f'{fewer}, {{ template = "{programme}.auto", qty = 5 }}')
    return before + round_ + after + _SECTOR


def audited_campaign(folder: Path) -> Campaign:
    path = folder / "campaign-audited.toml"
    path.write_text(audited_toml(), encoding="utf-8")
    return load_campaign(path)
