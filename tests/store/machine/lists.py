"""The merchant register and the sanction list, loaded in versions, and the flags by any of them (I15 to I17)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from sqlalchemy import Connection

from domain.register import Basis, Merchant, Sanction, SanctionKind
from store.engine import read, write
from store.queries.flags import flag_board, flagged_events
from store.queries.register import register_at
from store.writes.register import load_merchants, load_sanctions
from tests.store.machine.eligibility import by_reason, flags
from tests.store.machine.ground import Ground, pick
from tests.store.machine.oracle import key_of
from tests.store.machine.town import OPENING

SHOPS = ("M1", "M2")
_MOMENTS = st.sampled_from((None, OPENING + timedelta(hours=1), OPENING + timedelta(hours=23)))
_PLATFORMS = st.sampled_from((None, None, "city-pay"))
_LINES = st.builds(
    Merchant,
    no=st.sampled_from(SHOPS),
    platform=_PLATFORMS,
    name=st.just("惠民超市"),
    division=st.sampled_from(("140403", "140404", "140400", "140500")),
    sector=st.sampled_from(("retail", "catering", None)),
    basis=st.just(Basis.IN_STATISTICS),
    listed_from=_MOMENTS,
    listed_until=_MOMENTS,
)
_BANS = st.builds(
    Sanction,
    no=st.sampled_from(SHOPS),
    platform=_PLATFORMS,
    starts_at=_MOMENTS.filter(lambda at: at is not None),
    kind=st.sampled_from(SanctionKind),
    document=st.just("通报1号"),
)


class Lists(Ground):
    """`registers` and `banned`: every version there ever was, the newest last; its number is its place."""

    def __init__(self) -> None:
        super().__init__()
        self.registers: list[list[Merchant]] = []
        self.banned: list[list[Sanction]] = []

    @precondition(lambda self: len(self.registers) < 2)
    @rule(
        lines=st.lists(_LINES, min_size=1, max_size=2, unique_by=lambda m: m.no),
        bans=st.lists(_BANS, max_size=2, unique_by=lambda s: (s.no, s.starts_at, s.kind)),
    )
    def load_lists(self, lines: list[Merchant], bans: list[Sanction]) -> None:
        platforms = {
            line.no: line.platform for line in bans
        }  # as the door has it: one way of numbering a shop
        self.registers.append(lines)
        self.banned.append([line for line in bans if line.platform == platforms[line.no]])
        version = _version(len(self.registers))
        with write(self.engine) as conn:
            load_merchants(conn, lines, version=version, now=self.now)
            load_sanctions(conn, self.banned[-1], version=version, now=self.now)

    @precondition(lambda self: self.delivered)
    @rule(register=pick, bans=pick)
    def judge(self, register: int, bans: int) -> None:
        """By any version, or by none, at any time: what is flagged depends on nothing else."""
        with read(self.engine) as conn:
            self.flags_are_right(conn, register % (len(self.registers) + 1), bans % (len(self.banned) + 1))

    def flags_are_right(self, conn: Connection, register: int, bans: int) -> None:
        """`register`, `bans`: numbers of versions; 0: not loaded."""
        by = register_at(
            conn,
            merchants=_version(register) if register else None,
            sanctions=_version(bans) if bans else None,
        )
        expected = flags(
            self.oracle,
            self.campaign,
            self.registers[register - 1] if register else None,
            self.banned[bans - 1] if bans else None,
        )
        found = [(e.reason.value, _key(e), e.other_at) for e in flagged_events(conn, self.campaign, by)]
        assert sorted(found, key=str) == sorted(expected, key=str)
        counted: dict[str, tuple[int, int]] = {}
        for c in flag_board(conn, self.campaign, by, now=self.now).counts:
            n, fen = counted.get(c.reason.value, (0, 0))
            counted[c.reason.value] = (n + c.count, fen + c.fen)
        faces = {key_of(entry): entry.event.face_fen for entry, _ in self.oracle.standing()}
        assert counted == by_reason(expected, faces)


def _key(e: Any) -> tuple[object, ...]:
    return (e.programme, e.platform, e.sub_project, e.event_no, e.kind)


def _version(number: int) -> str:
    return f"{number:064x}"
