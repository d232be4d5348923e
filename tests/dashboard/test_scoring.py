"""The job that scores: it follows the register, and asks for it once."""

from datetime import datetime

from sqlalchemy import Engine

from dashboard.scoring import Scoring
from domain.campaign import Campaign
from store.engine import write
from tests.store.judged import shop
from tests.store.test_register import load


class Told:
    """Takes the place of the scorer's child."""

    model = "m"

    def __init__(self) -> None:
        self.shops: list[dict[str, str]] = []

    def know(self, shops: dict[str, str]) -> None:
        self.shops.append(shops)

    def score_batch(self, posts: object) -> list[object]:
        raise AssertionError("there is no post")


def test_the_shops_of_a_new_register_are_told_once(engine: Engine, campaign: Campaign, now: datetime) -> None:
    told = Told()
    scoring = Scoring(engine, campaign, told, clock=lambda: now)  # type: ignore[arg-type]
    assert scoring.run() == 0
    assert told.shops == []
    for version, county in (("1" * 64, "140403"), ("2" * 64, "140429")):
        with write(engine) as conn:
            load(conn, shop(name="惠民超市", division=county), version=version)
        scoring.run()
        scoring.run()
    assert told.shops == [{"惠民超市": "140403"}, {"惠民超市": "140429"}]
