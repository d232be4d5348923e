"""The merchant register: invented shops, as many and as unequal as a county has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from domain.campaign import Campaign, Division

_FIRST = (
    "华联", "金鑫", "惠民", "万家", "福源", "新时代", "百信", "家家利", "永盛", "德胜", "鸿运", "天和",
    "宏达", "恒泰", "盛世", "美佳", "晋丰", "太行", "漳河", "上党人家", "银座", "佳和", "同福", "瑞祥",
)  # fmt: skip
_LAST = {
    "retail": ("超市", "生活超市", "购物广场", "便利店", "百货"),
    "fuel": ("加油站", "第二加油站", "石化加油站", "高速口加油站"),
    "appliance": ("家电城", "电器", "家电卖场"),
    "home": ("家居广场", "家具城", "建材家居"),
    "catering": ("饭店", "大酒店", "面馆", "火锅城", "宾馆"),
    "tourism": ("书城", "影城", "健身中心", "旅行社", "体育用品店"),
    "auto": ("汽车销售服务公司", "4S店"),
}
_RESIDENTS_PER_SHOP = {
    "retail": 9_000,
    "catering": 12_000,
    "fuel": 18_000,
    "tourism": 26_000,
    "appliance": 30_000,
    "home": 36_000,
    "auto": 60_000,
}


@dataclass(frozen=True, slots=True)
class Shop:
    no: str
    name: str
    county: str
    sector: str


@dataclass(frozen=True, slots=True)
class Street:
    """Shops one voucher can be used in, with what share of the trade each has."""

    shops: tuple[Shop, ...]
    cumulative: tuple[float, ...]

    def pick(self, n: int, rng: Random) -> list[Shop]:
        return rng.choices(self.shops, cum_weights=self.cumulative, k=n)


class Register:
    """All shops of the campaign's counties, by county and sector. The same seed gives the same register."""

    def __init__(self, campaign: Campaign, seed: int) -> None:
        rng = Random(f"{seed}/shops")
        self._city = campaign.campaign.city_code
        self._residents = {d.code: d.population_2020 for d in campaign.division}
        self.shops: dict[tuple[str, str], tuple[Shop, ...]] = {
            (d.code, s.id): tuple(_shops(d, s.id, rng)) for d in campaign.division for s in campaign.sector
        }

    def files(
        self, campaign: Campaign, own_numbers: Mapping[str, Mapping[str, str]] | None = None
    ) -> dict[str, str]:
        """The merchant register of all these shops and a sanction list that is empty, by file name, as offices
        send them. Numbers are the same on every platform but those of `own_numbers`: platform -> ours -> its own."""
        names = {s.id: s.name for s in campaign.sector}
        numbered = {"": {shop.no: shop.no for shops in self.shops.values() for shop in shops}} | dict(
            own_numbers or {}
        )
        lines = [
            f"{numbers[shop.no]},{platform},{shop.name},{shop.county},{names[shop.sector]},入统,,,,"
            for platform, numbers in numbered.items()
            for shops in self.shops.values()
            for shop in shops
        ]
        head = "商户号,平台,商户名称,县区代码,行业,入册依据,批准文号,批准日期,入册日期,退出日期"
        return {
            "merchants.csv": "\r\n".join([head, *lines, ""]),
            "sanctions.csv": "商户号,平台,生效时间,类型,文号\r\n",
        }

    def street(self, use_scope: str, sector: str) -> Street:
        """A county's own shops; for the city those of every county, weighted by its residents."""
        counties = self._residents if use_scope == self._city else [use_scope]
        shops: list[Shop] = []
        weights: list[float] = []
        for county in counties:
            local = self.shops[county, sector]
            shops += local
            weights += _unequal(local, self._residents[county])
        return Street(tuple(shops), tuple(accumulate(weights)))


def _shops(division: Division, sector: str, rng: Random) -> list[Shop]:
    number = max(3, division.population_2020 // _RESIDENTS_PER_SHOP.get(sector, 20_000))
    endings = _LAST.get(sector, ("商店",))
    names: dict[str, None] = {}
    while len(names) < number:
        name = f"{division.name}{rng.choice(_FIRST)}{rng.choice(endings)}"
        names[name if name not in names else f"{name}{rng.choice('东西南北中')}{rng.randrange(2, 99)}店"] = (
            None
        )
    return [
        Shop(f"M{division.code}{sector[:3].upper()}{n:04d}", name, division.code, sector)
        for n, name in enumerate(names, 1)
    ]


def _unequal(local: Sequence[Shop], residents: int) -> list[float]:
    """Shares of a county's trade: the ten busiest of a hundred take about a third."""
    raw = [1 / (rank + 2) ** 0.75 for rank in range(len(local))]
    return [residents * w / sum(raw) for w in raw]
