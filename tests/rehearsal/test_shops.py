"""The rehearsal's own shops on an office's lists: what the ledger plays by the rules is flagged by none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from dashboard.commands.eligibility import load_lists
from domain.audit import Doer
from domain.campaign import Campaign
from domain.flags import Reason, is_judged
from domain.records import Event, Grade, Kind
from ingest.admit import admit
from rehearsal.ledger import Happening, Ledger
from store.engine import read, write
from store.queries.flags import flag_board
from store.queries.register import current_register
from store.schema import events
from store.writes.ledger import save_batch


def as_event(h: Happening) -> Event:
    return Event(
        kind=Kind(h.kind),
        platform=h.lot.programme.platform,
        sub_project=h.lot.programme.sub_projects.redeem,
        event_no=h.event_no,
        template=h.lot.template.id,
        round_no=h.lot.round_no,
        voucher_no=h.voucher_no,
        county=h.shop.county if h.shop else None,
        merchant=h.shop.no if h.shop else None,
        face_fen=h.lot.template.face_fen,
        order_fen=h.order_fen,
        paid_fen=h.paid_fen,
        origin_event_no=h.origin_event_no,
        returned_fen=h.returned_fen,
        occurred_at=datetime.fromtimestamp(h.at, UTC),
    )


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_campaign_played_by_the_rules_is_flagged_nowhere(
    engine: Engine, small_campaign: Campaign, tmp_path: Path
) -> None:
    ledger = Ledger(small_campaign, seed=7)
    end = small_campaign.campaign.launch_at + timedelta(days=60)
    played = [as_event(h) for h in ledger.play_until(end)]
    paths = []
    for name, text in ledger.register.files(small_campaign).items():
        paths.append(tmp_path / name)
        paths[-1].write_text(text, encoding="gb18030", newline="")
    admitted = admit(small_campaign, played)
    assert admitted.rejects == ()
    with write(engine) as conn:
        save_batch(conn, admitted.entries, source="pay", grade=Grade.FLASH, raw_sha256="0" * 64, now=end)
    load_lists(engine, small_campaign, paths, doer=Doer(name="duty", at=end), now=end)
    with read(engine) as conn:
        register = current_register(conn)
        used = select(func.count()).where(events.c.kind == Kind.REDEMPTION.value)
        assert conn.execute(used).scalar_one() > 2_000
        assert all(is_judged(reason, register) for reason in Reason)
        assert flag_board(conn, small_campaign, register, now=end).counts == ()
