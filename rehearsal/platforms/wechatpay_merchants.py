"""WeChat Pay's own numbers for shops: it knows no county, so the deployment writes down which merchant is where."""

from __future__ import annotations

from collections.abc import Iterable

from rehearsal.ledger import Happening
from rehearsal.shops import Shop


class Merchants:
    """Every shop under its merchant id. `numbers`: the register's number -> that id."""

    def __init__(self, shops: Iterable[Shop]) -> None:
        known = sorted(shops, key=lambda shop: shop.no)
        self.numbers = {shop.no: f"16{n:08d}" for n, shop in enumerate(known, 1)}
        self._counties = {self.numbers[shop.no]: shop.county for shop in known}

    def number(self, h: Happening) -> str:
        return self.numbers[h.shop.no] if h.shop else ""

    def table(self) -> str:
        """The source's `merchant_counties` file."""
        return "\n".join(["merchant,county", *(f"{no},{at}" for no, at in self._counties.items())]) + "\n"
