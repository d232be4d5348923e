"""How long a day's paper takes: composed from a rehearsal-sized store and written in every format. 3 s is promised.

`--full N`: N papers of other moments and other words instead, each read back as before it is sent: no chart may be
blank, no glyph missing, no figure another in any format. `--first K`: beginning with the K-th, for doing them in parts.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from briefing.checks import check
from briefing.compose import compose
from briefing.formats import FORMATS
from briefing.paper import Briefing, Kind, Section, Table
from briefing.talk import quote
from domain.campaign import Campaign, load_campaign
from domain.readings import Scope
from domain.records import Event, Grade
from domain.records import Kind as EventKind
from ingest.admit import admit
from store.engine import open_store, read, write
from store.migrations import migrate
from store.writes.ledger import save_batch

CAMPAIGN = Path(__file__).parents[1] / "rehearsal" / "campaign.toml"
PROMISED_S = 3.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vouchers", type=int, default=20_000)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--full", type=int, metavar="N")
    parser.add_argument("--first", type=int, default=0, metavar="K")
    args = parser.parse_args()
    campaign = load_campaign(CAMPAIGN)
    about = campaign.campaign
    as_of = about.launch_at + timedelta(hours=9)
    city = Scope(code=about.city_code, name=about.city_name, is_city=True)
    with tempfile.TemporaryDirectory() as folder:
        engine = open_store(f"sqlite:///{folder}/briefing.db")
        migrate(engine)
        with write(engine) as conn:
            made = admit(campaign, events(campaign, args.vouchers)).entries
            save_batch(conn, made, source="b", grade=Grade.FLASH, raw_sha256="0" * 64, now=as_of)
        if args.full:
            return _full(engine, campaign, city, as_of=as_of, runs=range(args.first, args.first + args.full))
        spent: dict[str, list[float]] = {}
        for _ in range(args.times + 1):
            start = time.perf_counter()
            with read(engine) as conn:
                paper = compose(conn, campaign, (), city, as_of=as_of)
            spent.setdefault("compose", []).append(time.perf_counter() - start)
            for ending, render in FORMATS.items():
                start = time.perf_counter()
                render(paper)
                spent.setdefault(ending, []).append(time.perf_counter() - start)
        engine.dispose()
    warm = {name: round(sorted(took[1:])[len(took[1:]) // 2], 3) for name, took in spent.items()}
    whole = round(sum(warm.values()), 3)
    json.dump({"vouchers": args.vouchers, "median_s": warm, "together_s": whole}, sys.stdout, indent=1)
    sys.stdout.write("\n")
    return 0 if whole <= PROMISED_S else 1


def _full(engine: Engine, campaign: Campaign, city: Scope, *, as_of: datetime, runs: range) -> int:
    """Every run another minute of the day and another mix of what strangers write, seeded by its number."""
    faults = []
    start = time.perf_counter()
    for run in runs:
        rng = random.Random(run)
        moment = as_of + timedelta(minutes=run % 600)
        with read(engine) as conn:
            paper = with_words(compose(conn, campaign, (), city, as_of=moment), rng)
            found = check(conn, campaign, paper, {form: render(paper) for form, render in FORMATS.items()})
        faults += [(run, trouble) for trouble in found.troubles]
    took = round(time.perf_counter() - start, 1)
    json.dump(
        {"runs": [runs.start, runs.stop], "seconds": took, "faults": faults},
        sys.stdout,
        indent=1,
        ensure_ascii=False,
    )
    sys.stdout.write("\n")
    return 1 if faults else 0


def with_words(paper: Briefing, rng: random.Random) -> Briefing:
    """The paper with a table more: characters of every plane, quotes as long as can be, bars of any size."""
    rows = tuple(
        (
            quote("".join(chr(rng.choice(PLANES)(rng)) for _ in range(rng.randrange(1, 80)))),
            rng.randrange(10**6),
        )
        for _ in range(rng.randrange(1, 30))
    )
    columns = (("表述", Kind.TEXT), ("条", Kind.COUNT))
    table = Table(id="words", title="网民表述", columns=columns, rows=rows, bars=1)
    words = Section(heading="表述", tables=(table,), annex="网民表述表")
    return replace(paper, sections=(*paper.sections, words))


PLANES: tuple[Callable[[random.Random], int], ...] = (
    lambda rng: rng.randrange(0x20, 0x7F),
    lambda rng: rng.randrange(0x4E00, 0xA000),
    lambda rng: rng.randrange(0x3000, 0x3100),
    lambda rng: rng.randrange(0x20000, 0x2A6E0),
    lambda rng: rng.randrange(0x1F300, 0x1FB00),
    lambda rng: rng.randrange(0x80, 0xD800),
)


def events(campaign: Campaign, n: int) -> list[Event]:
    """`n` vouchers of the city's first template, all claimed and two in three used on the first day."""
    owner = campaign.city
    template = campaign.templates[campaign.rounds[owner.id, 1].lines[0].template]
    county = campaign.division[0].code
    found = []
    for no in range(n):
        at = campaign.campaign.launch_at + timedelta(seconds=no * 25_000 / n)
        found.append(_event(EventKind.CLAIM, no, at, owner=owner.id, campaign=campaign))
        if no % 3:
            changes = {
                "county": county,
                "merchant": f"M{no % 500}",
                "order_no": f"O{no}",
                "order_fen": template.min_spend_fen,
                "paid_fen": template.min_spend_fen - template.face_fen,
            }
            found.append(
                _event(
                    EventKind.REDEMPTION,
                    no,
                    at + timedelta(minutes=9),
                    owner=owner.id,
                    campaign=campaign,
                    **changes,
                )
            )
    return found


def _event(
    kind: EventKind,
    no: int,
    at: datetime,
    *,
    owner: str,
    campaign: Campaign,
    county: str | None = None,
    **changes: object,
) -> Event:
    programme = campaign.programmes[owner]
    template = campaign.templates[campaign.rounds[owner, 1].lines[0].template]
    fields = {
        "kind": kind, "platform": programme.platform, "sub_project": programme.sub_projects.redeem,
        "event_no": f"{kind[:1]}{no}", "template": template.id, "round_no": 1, "voucher_no": f"V{no}",
        "county": county, "face_fen": template.face_fen, "occurred_at": at,
    }  # fmt: skip
    return Event(**(fields | changes))  # type: ignore[arg-type]


if __name__ == "__main__":
    sys.exit(main())
