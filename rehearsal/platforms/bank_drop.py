"""A bank that drops files into a landing folder: an hourly increment for each sub-project and kind, flag last.

An hour without redemptions is reported by an empty file (零报告), so that silence and a dead feed differ; an hour
without audited subsidies likewise, where the programme has any. After midnight a 对账 file states the day's totals.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from heapq import heappop, heappush
from pathlib import Path
from random import Random

from domain.campaign import Campaign, Programme
from domain.terms import SHANGHAI
from rehearsal.faults import DAMAGE, Faults
from rehearsal.ledger import REDEMPTION, Happening
from rehearsal.platforms.bank_files import (
    CODES,
    FORMATS,
    SUBSIDY,
    TOTALS_CODE,
    Sheet,
    Totals,
    file_kind,
    flag_bytes,
    garbled,
)
from rehearsal.platforms.books import TOTALLED, Books
from rehearsal.rhythm import HOUR_S

_ROWS_PER_FILE = 5_000
_OVERLAP = 20
_STRAY_EVERY = 25  # files
_STRAYS = ("row_unmapped", "row_bad_money")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drop:
    """One file to be written at its time."""

    name: str
    sheet: Sheet | Totals
    fault: str | None = None  # counted when the drop happens
    damage: str | None = None  # what stands there is not the file yet


class BankDrop:
    """Writes files as simulated time passes. What counts as published is what stood in a flagged file."""

    def __init__(
        self, campaign: Campaign, platform: str, *, folder: Path, form: str, seed: int, faults: Faults
    ) -> None:
        self.platform, self.folder = platform, folder
        self.published: list[Happening] = []
        self.files = 0
        self._bank = campaign.platforms[platform].name
        self._sectors = {s.id: s.name for s in campaign.sector}
        self._programmes = [p for p in campaign.programme if p.platform == platform]
        self._audited = {t.programme for t in campaign.template if t.kind == "audit_subsidy"}
        self.faults = faults
        self._form, self._seed = form, seed
        self._hours: dict[int, dict[tuple[str, str], list[Happening]]] = defaultdict(
            lambda: defaultdict(list)
        )
        self._planned_until = min(int(p.launch_at.timestamp()) // HOUR_S for p in self._programmes)
        self._before: dict[tuple[str, str], Sequence[Happening]] = {}
        self._seq: Counter[tuple[str, str, str]] = Counter()
        self._due: list[tuple[int, int, _Drop]] = []
        self._dropped = 0
        self._out: set[str] = set()
        self._books = Books()
        self._totalled_until = datetime.fromtimestamp(self._planned_until * HOUR_S, SHANGHAI).date()
        self._now = 0
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def counted(self) -> list[Happening]:
        """What only a counter has told: a bank has none."""
        return []

    @property
    def withheld(self) -> list[Happening]:
        """Happened, but in no flagged file yet."""
        waiting = {h.event_no: h for _, _, drop in self._due for h in drop.sheet.rows}
        waiting |= {
            h.event_no: h
            for cells in self._hours.values()
            for rows in cells.values()
            for h in rows
            if h.at <= self._now
        }
        return [h for number, h in sorted(waiting.items()) if number not in self._out]

    @property
    def withheld_files(self) -> list[str]:
        return sorted(drop.name for _, _, drop in self._due)

    def take(self, happenings: Iterable[Happening]) -> None:
        for h in happenings:
            self._hours[h.at // HOUR_S][h.lot.programme.id, file_kind(h)].append(h)
            self._books.enter(h)

    def withhold(self, event_no: str) -> None:
        """Lose one event that stands in no planned file yet: the books know it, no file will."""
        for cells in self._hours.values():
            for rows in cells.values():
                for h in rows:
                    if h.event_no == event_no:
                        rows.remove(h)
                        return
        raise ValueError(f"{event_no} is not waiting for its file")

    def advance(self, now: datetime) -> None:
        """Plan the files of every hour that is over and write those that are due."""
        self._now = int(now.timestamp())
        while (self._planned_until + 1) * HOUR_S <= self._now:
            self._plan_hour(self._planned_until)
            self._planned_until += 1
        while self._totalled_until < datetime.fromtimestamp(self._now, SHANGHAI).date():
            self._plan_totals(self._totalled_until)
            self._totalled_until += timedelta(days=1)
        while self._due and self._due[0][0] <= self._now:
            self._write(heappop(self._due)[2])

    def _plan_hour(self, hour: int) -> None:
        cells = self._hours.pop(hour, {})
        for programme in self._programmes:
            if programme.launch_at.timestamp() >= (hour + 1) * HOUR_S:
                continue
            for kind in CODES:
                rows = sorted(cells.get((programme.id, kind), ()))
                if rows or kind == REDEMPTION or (kind == SUBSIDY and programme.id in self._audited):
                    self._plan_rows(programme, kind, hour=hour, rows=rows)

    def _plan_rows(self, programme: Programme, kind: str, *, hour: int, rows: list[Happening]) -> None:
        rng = Random(f"{self._seed}/{self.platform}/{programme.id}/{kind}/{hour}")
        for part in _parts(rows):
            before = self._before.get((programme.id, kind), ())
            fault = self.faults.file(self.platform) if len(part) > 1 and before else None
            self._before[programme.id, kind] = part
            name = self._name(programme, kind, hour)
            at = (hour + 1) * HOUR_S + rng.randrange(120, 480)
            strays = tuple(
                s for s in _STRAYS if part and self.faults.turn(s, every=_STRAY_EVERY, of=self.platform)
            )
            for delay, file_rows, counted in _played(fault, part, before=before, rng=rng):
                sheet = Sheet(
                    kind=kind,
                    bank=self._bank,
                    since=datetime.fromtimestamp(hour * HOUR_S, UTC),
                    until=datetime.fromtimestamp((hour + 1) * HOUR_S, UTC),
                    rows=tuple(file_rows),
                    sectors=self._sectors,
                    strays=strays,
                )
                self._dropped += 1
                damage = fault if counted and fault in DAMAGE else None
                drop = _Drop(name=name, sheet=sheet, fault=fault if counted else None, damage=damage)
                heappush(self._due, (at + delay, self._dropped, drop))

    def _plan_totals(self, day: date) -> None:
        """One 对账 file by sub-project, half an hour after midnight: what the bank's books say of the day."""
        drawn_up = datetime.combine(day + timedelta(days=1), time(0, 30), SHANGHAI)
        for programme in self._programmes:
            if programme.launch_at >= drawn_up - timedelta(minutes=30):
                continue
            totals = Totals(
                bank=self._bank,
                sub_project=programme.sub_projects.redeem,
                day=day,
                drawn_up=drawn_up,
                booked=[self._books.total(day, programme.sub_projects.redeem, kind) for kind in TOTALLED],
            )
            self._dropped += 1
            drop = _Drop(name=self._named(programme, TOTALS_CODE, day), sheet=totals)
            heappush(self._due, (int(drawn_up.timestamp()), self._dropped, drop))

    def _name(self, programme: Programme, kind: str, hour: int) -> str:
        return self._named(programme, CODES[kind], datetime.fromtimestamp(hour * HOUR_S, SHANGHAI).date())

    def _named(self, programme: Programme, letters: str, day: date) -> str:
        sub_project, of_day = programme.sub_projects.redeem, f"{day:%Y%m%d}"
        self._seq[sub_project, letters, of_day] += 1
        seq = self._seq[sub_project, letters, of_day]
        return f"ZFXFQ_{sub_project}_{letters}_{of_day}_{seq:03d}.{self._form}"

    def _write(self, drop: _Drop) -> None:
        """Data first, flag last; a file that is replaced loses its flag before it changes."""
        path = self.folder / drop.name
        flag = path.with_suffix(".ok")
        # byte for byte: a workbook carries its date
        again = drop.fault == "file_resent_same" and path.exists()
        body = path.read_bytes() if again else FORMATS[self._form](drop.sheet)
        if drop.fault:
            self.faults.hit(drop.fault)
        flag.unlink(missing_ok=True)
        if drop.damage == "file_partial":
            path.write_bytes(body[: len(body) // 2])
            return
        if drop.damage == "file_garbled":
            body = garbled(body)
        _place(path, body)
        _place(flag, flag_bytes(body, drop.sheet))
        if drop.damage:
            return
        self.files += 1
        for h in drop.sheet.rows:
            if h.event_no not in self._out:
                self._out.add(h.event_no)
                self.published.append(h)


def _parts(rows: list[Happening]) -> Iterator[list[Happening]]:
    for start in range(0, max(len(rows), 1), _ROWS_PER_FILE):
        yield rows[start : start + _ROWS_PER_FILE]


def _played(
    fault: str | None, rows: list[Happening], *, before: Sequence[Happening], rng: Random
) -> Iterator[tuple[int, list[Happening], bool]]:
    """(seconds after its time, rows, whether the fault is in it) of every time this file is dropped."""
    if fault == "file_late":
        yield rng.randrange(2 * HOUR_S, 5 * HOUR_S), rows, True
    elif fault == "file_resent_same":
        yield 0, rows, False
        yield rng.randrange(1_200, 5_400), rows, True
    elif fault == "file_resent_more":
        yield 0, rows[: max(1, len(rows) * 3 // 5)], False
        yield rng.randrange(1_800, 7_200), rows, True
    elif fault == "file_overlap":
        yield 0, [*before[-_OVERLAP:], *rows], True
    elif fault == "file_shuffled":
        yield 0, rng.sample(rows, len(rows)), True
    elif fault in DAMAGE:
        yield 0, rows, True
        yield rng.randrange(2_400, 7_200), rows, False
    else:
        yield 0, rows, False


def _place(path: Path, body: bytes) -> None:
    """Whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.write_bytes(body)
    os.replace(part, path)
