"""A machine that lives through a campaign at random and compares the real ledger with `ledger_oracle` at every commit.

Audited subsidies live in it too: applications, decisions, payments, some of them against each other.

Covered of the invariants (promises, section 4): I2, I3, I6, I8, I9, I10, I11, I13, I14, the integers of I19, and I21
for roll-ups; I7 for decisions, and of I4 and I7 the part that follows from claims, redemptions and refunds alone.
Waiting for the product to have the matter: I1 and I5 (accounts), I12 (reconciliation),
I15 to I17 (flags), I18 (shown shares), I20 (audit sample), I22 (erasing personal data).
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import Engine, select

from domain.campaign import Campaign, load_campaign
from domain.measures import Figures
from domain.records import Entry, Event, Grade, Kind
from store import schema
from store.engine import open_store, read, write
from store.migrations import migrate
from store.queries import subsidies, totals, verify
from store.schema import MEASURES, to_micros
from store.writes import ledger, rebuild
from tests.audited import audited_toml
from tests.store.ledger_oracle import SHANGHAI, Issue, Oracle, key_of

_MEMORY = Path("/dev/shm")
OPENING = datetime(2022, 10, 30, 9, 0, tzinfo=SHANGHAI)  # every programme's first round is open
_MINUTES = (
    0,
    1,
    61,
    7 * 60,
    14 * 60 + 59,
    15 * 60,
    16 * 60,
    22 * 60 + 59,
    23 * 60,
)  # both midnights among them
_ORDERS = (None, None, 10_000, 10_001, 25_037, 3_000_000_019)  # one beyond 2^31
# programme, sub-project, template, face: the city is paid through two sub-projects that count from one each
PLACES = (
    ("city", "SP-CITY-R", "city.ret20", 2000),
    ("city", "SP-CITY-S", "city.cat10", 1000),
    ("luzhou", "SP-LZ-R", "luzhou.ret20", 2000),
    ("shangdang", "SP-SD-R", "shangdang.cat10", 1000),
)
# likewise: an application's numbers are those of a redemption beside it
CARS = (("city", "SP-CITY-R", "city.auto"), ("shangdang", "SP-SD-R", "shangdang.auto"))
DAILY = ("tranche", "programme", "template", "round", "county", "day")
pick = st.integers(0, 1 << 16)


@cache
def home() -> Path:
    """A directory in memory where the system has one; gone with the process."""
    held = tempfile.TemporaryDirectory(prefix="quanqing-", dir=_MEMORY if _MEMORY.is_dir() else None)
    _HELD.append(held)
    return Path(held.name)


_HELD: list[tempfile.TemporaryDirectory[str]] = []


@cache
def two_tranches() -> Campaign:
    """The small campaign with cars, its last county paid from the second tranche."""
    words = audited_toml()
    before, after = words.replace("amount_wan = 10\n", "amount_wan = 9\n").split('id = "shangdang"', 1)
    path = home() / "campaign.toml"
    path.write_text(before + 'id = "shangdang"' + after.replace('"T1"', '"T2"', 1), encoding="utf-8")
    return load_campaign(path)


@cache
def _template() -> Path:
    """Migrated once; every example starts from a copy."""
    path = home() / "template.sqlite3"
    engine = open_store(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()
    return path


@cache
def _engine() -> Engine:
    """One for all examples, since an engine keeps the statements it has compiled; the file under it is new."""
    return open_store(f"sqlite:///{home() / 'machine.sqlite3'}")


def _issues(campaign: Campaign) -> list[Issue]:
    found = []
    for round_ in campaign.round:
        owner = campaign.programmes[round_.programme]
        for line in round_.lines:
            place = (owner.tranche, owner.id, line.template, round_.no, owner.division)
            face_fen = campaign.templates[line.template].face_fen
            found.append(
                Issue(
                    place=place,
                    opens_at=round_.opens_at,
                    use_until=round_.use_until,
                    count=line.qty,
                    face_fen=face_fen,
                )
            )
    return found


class Crash(Exception):
    """The process died before its commit."""


class LedgerMachine(RuleBasedStateMachine):
    """Events happen, wait, and arrive in any order, again, changed or completed; time passes; processes die."""

    def __init__(self) -> None:
        super().__init__()
        self.campaign = two_tranches()
        self.engine = _engine()
        shutil.copyfile(_template(), str(self.engine.url.database))
        self.oracle = Oracle(_issues(self.campaign))
        self.now = OPENING
        self.batches = 0
        self.claimed: list[Entry] = []
        self.redeemed: list[Entry] = []
        self.applied: list[Entry] = []
        self.waiting: list[Entry] = []
        self.delivered: list[Entry] = []
        self.published: list[tuple[datetime, Any]] = []
        self.revised: Counter[Any] = Counter()
        self.unchecked = True

    # ------------------------------------------------------------ what happens in the city

    @rule(place=st.sampled_from(PLACES), minutes=st.lists(st.sampled_from(_MINUTES), min_size=1, max_size=3))
    def claim(self, place: tuple[str, str, str, int], minutes: list[int]) -> None:
        programme, sub_project, template, face_fen = place
        owner = self.campaign.programmes[programme]
        for minute in minutes:
            n = sum(entry.event.sub_project == sub_project for entry in self.claimed)
            event = Event(
                kind=Kind.CLAIM,
                platform=owner.platform,
                sub_project=sub_project,
                event_no=f"C{n}",
                template=template,
                round_no=1,
                voucher_no=f"V{n}",
                county=None,
                face_fen=face_fen,
                occurred_at=OPENING + timedelta(minutes=minute),
            )
            sector = self.campaign.templates[template].sector
            self.claimed.append(
                Entry(
                    event=event,
                    programme=programme,
                    tranche=owner.tranche,
                    sector=sector,
                    county=owner.division,
                )
            )
            self.waiting.append(self.claimed[-1])

    @precondition(lambda self: len(self.claimed) > len(self.redeemed))
    @rule(
        which=pick,
        minute=st.sampled_from(_MINUTES),
        order_fen=st.sampled_from(_ORDERS),
        shop=st.integers(0, 2),
    )
    def redeem(self, which: int, minute: int, order_fen: int | None, shop: int) -> None:
        used = {(e.event.sub_project, e.event.voucher_no) for e in self.redeemed}
        free = [e for e in self.claimed if (e.event.sub_project, e.event.voucher_no) not in used]
        claim = free[which % len(free)]
        county = self.campaign.division[shop % 2].code if claim.programme == "city" else claim.county
        event = replace(
            claim.event,
            kind=Kind.REDEMPTION,
            event_no="R" + claim.event.voucher_no,
            county=county,
            merchant=f"M{shop}" if shop else None,
            order_fen=order_fen,
            occurred_at=claim.event.occurred_at + timedelta(minutes=minute),
        )
        self.redeemed.append(replace(claim, event=event, county=county))
        self.waiting.append(self.redeemed[-1])

    @precondition(lambda self: self.redeemed)
    @rule(which=pick, notices=st.integers(1, 3), returned=st.sampled_from((None, 0, 500, 1000)))
    def refund(self, which: int, notices: int, returned: int | None) -> None:
        origin = self.redeemed[which % len(self.redeemed)]
        for n in range(notices):
            event = replace(
                origin.event,
                kind=Kind.REFUND,
                event_no=f"B{n}{origin.event.voucher_no}",
                origin_event_no=origin.event.event_no,
                order_fen=None,
                returned_fen=returned if n == 0 else 0,
                occurred_at=origin.event.occurred_at + timedelta(hours=9 * (3 - n)),
            )
            self.waiting.append(replace(origin, event=event))

    @rule(car=st.sampled_from(CARS), minute=st.sampled_from(_MINUTES), less=st.sampled_from((0, 1, 40_000)))
    def apply(self, car: tuple[str, str, str], minute: int, less: int) -> None:
        programme, sub_project, name = car
        owner, template = self.campaign.programmes[programme], self.campaign.templates[name]
        n = sum(entry.event.sub_project == sub_project for entry in self.applied)
        county = self.campaign.division[0].code if programme == "city" else owner.division
        event = Event(
            kind=Kind.APPLICATION,
            platform=owner.platform,
            sub_project=sub_project,
            event_no=f"RV{n}",
            template=name,
            round_no=1,
            voucher_no=f"S{n}",
            county=county,
            face_fen=template.face_fen - less,
            occurred_at=OPENING + timedelta(minutes=minute),
        )
        entry = Entry(
            event=event, programme=programme, tranche=owner.tranche, sector=template.sector, county=county
        )
        self.applied.append(entry)
        self.waiting.append(entry)

    @precondition(lambda self: self.applied)
    @rule(
        which=pick,
        kinds=st.lists(
            st.sampled_from((Kind.APPROVAL, Kind.REJECTION, Kind.PAYMENT)), min_size=1, max_size=3
        ),
        less=st.sampled_from((0, 0, 1, 50_000)),
        minute=st.sampled_from((-1, *_MINUTES)),
    )
    def audit(self, which: int, kinds: list[Kind], less: int, minute: int) -> None:
        """A desk decides, decides again, pays before it has decided, and pays twice: in any order of its own times."""
        asked = self.applied[which % len(self.applied)]
        for kind in kinds:
            n = sum(e.event.kind is kind for e in (*self.waiting, *self.delivered))
            event = replace(
                asked.event,
                kind=kind,
                event_no=f"{kind[0]}{n}",
                origin_event_no=asked.event.event_no,
                face_fen=100_000 - less,
                occurred_at=asked.event.occurred_at + timedelta(minutes=minute),
            )
            self.waiting.append(replace(asked, event=event))

    # ------------------------------------------------------------ what arrives

    @precondition(lambda self: self.waiting)
    @rule(which=st.lists(pick, min_size=1, max_size=8), again=st.booleans())
    def deliver(self, which: list[int], again: bool) -> None:
        batch = []
        for n in which:
            if self.waiting:
                batch.append(self.waiting.pop(n % len(self.waiting)))
        self._save(batch + batch[:1] if again else batch)
        self.delivered += batch

    @precondition(lambda self: self.delivered)
    @rule(which=st.lists(pick, min_size=1, max_size=5))
    def redeliver(self, which: list[int]) -> None:
        self._save([self.delivered[n % len(self.delivered)] for n in which])

    @precondition(lambda self: self.delivered)
    @rule(which=pick, more=st.sampled_from((1, 100)), field=st.sampled_from(("face_fen", "voucher_no")))
    def contradict(self, which: int, more: int, field: str) -> None:
        stands = self.delivered[which % len(self.delivered)]
        other: Any = stands.event.face_fen + more if field == "face_fen" else f"X{more}"
        self._save([replace(stands, event=replace(stands.event, **{field: other}))])

    @precondition(lambda self: self.redeemed)
    @rule(which=pick, order_fen=st.sampled_from(_ORDERS), with_last=st.booleans())
    def complete(self, which: int, order_fen: int | None, with_last: bool) -> None:
        """The day's file tells of what a callback told before: an amount, another amount, or none."""
        untold = [e for e in self.delivered if e.event.kind is Kind.REDEMPTION and e.event.order_fen is None]
        several = untold + self.redeemed
        entry = several[which % len(several)]
        batch = [replace(entry, event=replace(entry.event, order_fen=order_fen))]
        if with_last and self.waiting:
            self.delivered.append(self.waiting.pop())
            batch.append(self.delivered[-1])
        self._save(batch)

    @precondition(lambda self: self.delivered)
    @rule(
        which=pick,
        hours=st.sampled_from((0, 5, 25)),
        order_fen=st.sampled_from(_ORDERS),
        fate=st.sampled_from(("stands", "stands", "stands", "taken back")),
        at_once=st.booleans(),
    )
    def correct(self, which: int, hours: int, order_fen: int | None, fate: str, at_once: bool) -> None:
        """The platform tells one event anew: another time, amount, shop or redemption; or takes it back (I9, I11)."""
        stands = self.delivered[which % len(self.delivered)]
        key = key_of(stands)
        self.revised[key] += 1
        changes: dict[str, Any] = {
            "revision": self.revised[key],
            "cancelled": fate == "taken back",
            "occurred_at": stands.event.occurred_at + timedelta(hours=hours),
        }
        if stands.event.kind is Kind.REDEMPTION:
            changes |= {"order_fen": order_fen, "merchant": f"M{which % 3}" if which % 3 else None}
        if stands.event.kind is Kind.REFUND:
            here = [e for e in self.redeemed if e.event.sub_project == stands.event.sub_project]
            changes["origin_event_no"] = here[which % len(here)].event.event_no
        if stands.event.kind in (Kind.APPROVAL, Kind.REJECTION, Kind.PAYMENT):
            here = [e for e in self.applied if e.event.sub_project == stands.event.sub_project]
            changes |= {
                "origin_event_no": here[which % len(here)].event.event_no,
                "face_fen": 1 + which % 100_000,
            }
        entry = replace(stands, event=replace(stands.event, **changes))
        if at_once:
            self._save([entry])
            self.delivered.append(entry)
        else:
            self.waiting.append(entry)

    @precondition(lambda self: self.waiting)
    @rule()
    def crash(self) -> None:
        try:
            with write(self.engine) as conn:
                self._hand_over(conn, self.waiting)
                raise Crash
        except Crash:
            self.engine.dispose()
        self.unchecked = True

    # ------------------------------------------------------------ what the house does

    @rule(hours=st.sampled_from((1, 20, 24 * 9, 24 * 30)))
    def advance(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        self.unchecked = True

    @precondition(lambda self: self.delivered)
    @rule()
    def rebuild(self) -> None:
        with write(self.engine) as conn:
            rebuild.rebuild_rollups(conn)
        self.unchecked = True

    @precondition(lambda self: len(self.published) < 3)
    @rule()
    def publish(self) -> None:
        """What a briefing of this moment says: it must say so for ever (I14)."""
        self.published.append((self.now, self._product(known_by=None)))
        self.now += timedelta(seconds=1)

    @precondition(lambda self: self.published)
    @rule(which=pick)
    def published_figures_stand(self, which: int) -> None:
        moment, figures = self.published[which % len(self.published)]
        assert self._product(known_by=moment) == figures
        assert figures == (self.oracle.by_day(moment, moment), self.oracle.by_place(moment, moment))

    # ------------------------------------------------------------ what must hold

    @invariant()
    def the_product_agrees(self) -> None:
        """I2, I3, I6, I9, I10 and I19: every stored cell is the oracle's, at all three grains."""
        if not self.unchecked:
            return
        assert self._product(known_by=None) == (self.oracle.by_day(self.now), self.oracle.by_place(self.now))
        minutes: dict[Any, list[int]] = defaultdict(lambda: [0] * len(MEASURES))
        hours: dict[Any, list[int]] = defaultdict(lambda: [0] * len(MEASURES))
        for ((tranche, programme, _, _, county), sector, at), sums in self.oracle.cells().items():
            minute = at.astimezone(UTC).replace(second=0, microsecond=0)
            for cell in (
                minutes[programme, minute, tranche],
                hours[programme, tranche, county, sector, minute.replace(minute=0)],
            ):
                for place, name in enumerate(MEASURES):
                    cell[place] += sums.get(name, 0)
        with read(self.engine) as conn:
            assert _rows(conn, schema.rollup_minute, 3) == _nonzero(minutes)
            assert _rows(conn, schema.rollup_hour, 5) == _nonzero(hours)
            shops = {row[:4]: row[4] for row in map(tuple, conn.execute(select(schema.merchants_seen)))}
            assert {shop: n for shop, n in shops.items() if n} == self.oracle.shops()
            assert verify.orphan_refunds(conn) == self.oracle.orphans()
            assert _troubles(conn) == self.oracle.subsidy_troubles()
            keys = conn.execute(select(*schema.events.primary_key))
            assert {tuple(key) for key in keys} == {(*key[:4], key[4].value) for key in self.oracle.known}
        self.unchecked = False

    @invariant()
    def claimed_is_used_expired_or_outstanding(self) -> None:
        """I2 and I3, from the oracle's own sums: what the product is compared with is itself in balance."""
        if self.waiting or self.revised:  # a redemption taken back leaves its refunds behind, as orphans
            return
        for unit in ("count", "fen"):
            whole: dict[str, int] = defaultdict(int)
            for sums in self.oracle.by_place(self.now).values():
                for name, amount in sums.items():
                    whole[name] += amount
            left = whole[f"expired_{unit}"] + whole[f"outstanding_{unit}"]
            assert whole[f"claimed_{unit}"] == whole[f"redeemed_gross_{unit}"] + left
            assert 0 <= whole[f"refunded_{unit}"] <= whole[f"redeemed_gross_{unit}"]

    def teardown(self) -> None:
        """Everything arrives in the end: the ledger is clean, and neither tranche knows of the other (I8)."""
        try:
            if self.waiting:
                self._save(self.waiting)
            self.the_product_agrees()
            for n in range(len(self.published)):
                self.published_figures_stand(n)
            with read(self.engine) as conn:
                assert verify.verify(conn, self.campaign) == []
            self._tranches_are_apart()
        finally:
            self.engine.dispose()
            for path in home().glob("machine.sqlite3*"):
                path.unlink()

    # ------------------------------------------------------------ how it is done

    def _save(self, batch: list[Entry]) -> None:
        self.now += timedelta(seconds=1)
        with write(self.engine) as conn:
            saved = self._hand_over(conn, batch)
        before = set(self.oracle.known)
        fate = self.oracle.deliver(batch, self.now)
        assert saved.accepted == fate.accepted
        assert saved.conflicting == fate.conflicting
        assert saved.duplicate + saved.superseded == fate.repeated
        assert saved.superseded <= sum(key_of(entry) in before for entry in batch)
        self.unchecked = True

    def _hand_over(self, conn: Any, batch: list[Entry]) -> ledger.Saved:
        self.batches += 1
        return ledger.save_batch(
            conn,
            tuple(batch),
            source="machine",
            grade=Grade.FLASH,
            raw_sha256=f"{self.batches:064x}",
            now=self.now,
        )

    def _product(self, *, known_by: datetime | None, tranche: str | None = None) -> Any:
        """(by day, by place) as the oracle words them."""
        with read(self.engine) as conn:
            ask = {"now": self.now, "known_by": known_by, "tranche": tranche}
            daily = totals.totals(conn, self.campaign, by=DAILY, **ask)  # type: ignore[arg-type]
            whole = totals.totals(conn, self.campaign, by=DAILY[:-1], **ask)  # type: ignore[arg-type]
        by_day = {(row.key[:5], _day(row.key[5])): _amounts(row.figures) for row in daily}
        return by_day, {row.key: _amounts(row.figures) for row in whole}

    def _tranches_are_apart(self) -> None:
        for gone, kept in (("T1", "T2"), ("T2", "T1")):
            before = self._product(known_by=None, tranche=kept)
            opened = self.engine.connect().execution_options(quanqing_write=True)
            with opened as conn, conn.begin() as undone:
                conn.execute(schema.events.delete().where(schema.events.c.tranche == gone))
                rebuild.rebuild_rollups(conn)
                rows = totals.totals(conn, self.campaign, by=DAILY[:-1], now=self.now, tranche=kept)
                assert {row.key: _amounts(row.figures) for row in rows} == before[1]
                undone.rollback()


def _troubles(conn: Any) -> Counter[tuple[str, str, str]]:
    found = subsidies.subsidy_progress(conn, sorted({programme for programme, _, _ in CARS}))
    return Counter(
        (progress.programme, listed.step.event_no, listed.trouble.value)
        for progress in found
        for listed in progress.listed
    )


def _rows(conn: Any, table: Any, width: int) -> dict[Any, tuple[int, ...]]:
    rows = map(tuple, conn.execute(select(table)))
    return {row[:width]: row[width:] for row in rows if any(row[width:])}


def _nonzero(cells: dict[Any, list[int]]) -> dict[Any, tuple[int, ...]]:
    return {key: tuple(amounts) for key, amounts in cells.items() if any(amounts)}


def _day(at: datetime) -> Any:
    assert to_micros(at) % 86_400_000_000 == 57_600_000_000  # 16:00 UTC: midnight in Shanghai
    return at.astimezone(SHANGHAI).date()


def _amounts(figures: Figures) -> dict[str, int]:
    amounts = {name: getattr(figures, name) for name in figures.__slots__}
    assert all(type(n) is int and abs(n) < 1 << 53 for n in amounts.values()), amounts
    return {name: n for name, n in amounts.items() if n}
