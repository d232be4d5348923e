"""What a post's county was read from."""

from enum import StrEnum


class PlacedBy(StrEnum):
    """What a post's county was read from, the surest first; `confidence` orders them and is no measured share."""

    NAME = "name"  # 武乡县
    SHORT_NAME = "short_name"  # 武乡
    FORMER_NAME = "former_name"  # 长治县
    MERCHANT = "merchant"  # a shop of the register
    FEED = "feed"  # the source says so: a county's own board, a ticket's field

    @property
    def confidence(self) -> float:
        return {"name": 0.95, "short_name": 0.85, "former_name": 0.85, "merchant": 0.75, "feed": 0.6}[
            self.value
        ]
