"""Roll-ups built anew and a batch that is being saved never cross."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from domain.campaign import Campaign
from domain.records import Grade, Kind
from store.engine import read, write
from store.queries.verify import verify
from store.writes.ledger import save_batch
from store.writes.rebuild import rebuild_rollups
from tests.store.events import entries, event


@pytest.mark.postgres
@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
def test_a_rebuild_waits_for_the_batch_that_is_being_saved(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    claim = event(small_campaign, small_campaign.city.id, Kind.CLAIM, 1)
    with write(engine) as saving:
        save_batch(
            saving,
            entries(small_campaign, claim),
            source="pay",
            grade=Grade.FLASH,
            raw_sha256="a" * 64,
            now=now,
        )
        with engine.connect() as rebuilding:
            rebuilding.execute(text("SET LOCAL lock_timeout = '100ms'"))
            with pytest.raises(OperationalError, match="lock timeout"):
                rebuild_rollups(rebuilding)
    with write(engine) as rebuilding:
        assert rebuild_rollups(rebuilding) > 0
    with read(engine) as conn:
        assert verify(conn, small_campaign) == []
