"""The job that scores new posts, with the shops of the merchant register that counts now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, Engine

from domain.campaign import Campaign
from sentiment.backlog import score_new_posts
from sentiment.score_child import ScoreChild
from store.engine import read
from store.queries.register import current_register, shops_by_county


class Scoring:
    """Reads the register when another one was loaded. Posts scored before keep their county until they are scored again
    (`quanqing rebuild scores`).
    """

    def __init__(
        self, engine: Engine, campaign: Campaign, scorer: ScoreChild, *, clock: Callable[[], datetime]
    ) -> None:
        self._engine, self._campaign, self._scorer, self._clock = engine, campaign, scorer, clock
        self._register: str | None = None  # the sha256 of the one whose shops the scorer knows

    def run(self, fence: Callable[[Connection], None] = lambda conn: None) -> int:
        """Returns how many posts were scored."""
        self._follow_register()
        scorer = self._scorer
        return score_new_posts(
            self._engine, scorer.score_batch, model=scorer.model, clock=self._clock, fence=fence
        )

    def _follow_register(self) -> None:
        with read(self._engine) as conn:
            newest = current_register(conn).merchants
            if newest is None or newest.version == self._register:
                return
            shops = shops_by_county(conn, city=self._campaign.campaign.city_code)
        self._scorer.know(shops)
        self._register = newest.version
