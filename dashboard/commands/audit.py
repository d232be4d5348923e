"""sample: the records an auditor looks at, drawn so that anybody can draw them again."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterable

from dashboard.commands.house import console, moment, open_house, print_json, say
from dashboard.settings import Settings
from dashboard.spreadsheet import csv_bytes
from domain.audit import Action
from domain.campaign import Campaign
from domain.errors import ConfigError
from domain.money import yuan_from_fen
from domain.terms import count, local
from store.engine import read, write
from store.queries.sample import SampledRedemption, draw_sample
from store.writes.audit import write_audit
from store.writes.ledger import all_known

_HEADS = (
    "主体", "平台", "子项目", "流水号", "券种", "行业", "县区", "商户号", "商户规模",
    "面额(元)", "订单金额(元)", "核销时间",
)  # fmt: skip
LEAST = 10
"""Work plan 八: 抽查数据记录不低于10%."""


def run_sample(args: argparse.Namespace, settings: Settings) -> int:
    """Draw, write the list, and say what it was drawn from: records, moment, seed, and the list's own sha256."""
    if not LEAST <= args.percent <= 100:
        raise ConfigError(f"--percent: {args.percent} is not {LEAST} to 100 (work plan: at least a tenth)")
    engine, campaign = open_house(settings)
    known_by = moment(args.as_of, option="--as-of") if args.as_of else settings.clock.now()
    all_known(engine)
    with read(engine) as conn:
        sample = draw_sample(conn, seed=args.seed, known_by=known_by, hundredths=args.percent)
    body = csv_bytes(_HEADS, _cells(campaign, sample.rows))
    drawn_from = {
        "as_of": known_by,
        "seed": args.seed,
        "percent": args.percent,
        "population": sample.population,
        "sampled": len(sample.rows),
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    with write(engine) as conn:
        write_audit(conn, console(), Action.EXPORT, subject="audit sample", detail=drawn_from)
    args.out.write_bytes(body)
    if args.json:
        print_json(drawn_from)
    say(
        f"截至 {local(known_by):%Y-%m-%d %H:%M:%S} 共 {count(sample.population)} 笔核销，"
        f"抽取 {count(len(sample.rows))} 笔，种子 {args.seed}，清单 {args.out}"
    )
    return 0


def _cells(campaign: Campaign, rows: Iterable[SampledRedemption]) -> Iterable[tuple[str, ...]]:
    places = {d.code: d.name for d in campaign.division}
    for row in rows:
        programme, platform, sub_project, event_no = row.drawn.record
        yield (
            campaign.programmes[programme].name,
            campaign.platforms[platform].name,
            sub_project,
            event_no,
            row.template,
            campaign.sectors[row.drawn.stratum.sector].name,
            places.get(row.county, row.county),
            row.merchant or "",
            row.drawn.stratum.size,
            yuan_from_fen(row.face_fen),
            "" if row.order_fen is None else yuan_from_fen(row.order_fen),
            f"{local(row.occurred_at):%Y-%m-%d %H:%M:%S}",
        )
