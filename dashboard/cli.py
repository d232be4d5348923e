"""`quanqing`: every command, its arguments and an example of each."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from dashboard.commands import (
    audit,
    audit_log,
    backup,
    briefing,
    channels,
    eligibility,
    forgetting,
    ledger,
    model,
    opinion,
    people,
    pictures,
    reconciling,
    rehearse,
    rules,
    running,
    sanctions,
)
from dashboard.logs import start_logging
from dashboard.settings import read_settings
from domain.errors import WatchError
from domain.flags import Reason
from domain.papers import PaperKind
from domain.statements import Cause

USAGE_ERROR = 2


def main(argv: Sequence[str] | None = None) -> int:
    """0 done, 1 something is wrong with what was looked at, 2 called or configured wrongly."""
    args = _parser().parse_args(argv)
    start_logging()
    if args.data is not None:
        os.environ["QUANQING_DATA_DIR"] = str(args.data.resolve())
    try:
        return int(args.run(args, read_settings()))
    except WatchError as error:
        sys.stderr.write(f"quanqing {args.command}: {error}\n")
        return USAGE_ERROR
    except SQLAlchemyError as error:
        sys.stderr.write(f"quanqing {args.command}: the store does not answer: {type(error).__name__}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="quanqing", description="消费券运行与舆情监测 / voucher campaign watch"
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, run: object, about: str, example: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(
            name,
            help=about,
            description=about,
            epilog=f"example: {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        sub.add_argument("--data", type=Path, help="the data folder (default: QUANQING_DATA_DIR, or ./var)")
        sub.set_defaults(run=run)
        return sub

    play = command(
        "rehearse", rehearse.run_rehearse, "演练: play a campaign day through the real protocols",
        "quanqing rehearse --speed 600 --for 120 --seed 7",
    )  # fmt: skip
    play.add_argument("--host", default="127.0.0.1", help="0.0.0.0: other machines may open it, too")
    play.add_argument("--port", type=int, default=8050)
    play.add_argument("--speed", type=float, default=60.0, help="campaign seconds a second")
    play.add_argument("--seed", type=int, default=7)
    play.add_argument("--scenario", default="launch-day")
    play.add_argument("--database", metavar="URL", help="an empty PostgreSQL (default: SQLite in the folder)")
    play.add_argument(
        "--faults", choices=("none", "some", "hard"), default="none",
        help="some: bad lines, late and repeated data; hard: everything platforms do wrong",
    )  # fmt: skip
    play.add_argument(
        "--for", dest="for_s", type=float, metavar="SECONDS", help="end by itself (default: Ctrl-C)"
    )

    serve = command("serve", running.run_serve, "the web alone", "quanqing serve --host 0.0.0.0 --workers 2")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8050)
    serve.add_argument("--workers", type=int, default=1)
    command("work", running.run_work, "the worker alone", "quanqing work")
    check = command("check", running.run_check, "validate campaign.toml and sources.toml", "quanqing check")
    check.add_argument("--campaign", type=Path)
    check.add_argument("--sources", type=Path)
    command("migrate", running.run_migrate, "bring the store's tables up to date", "quanqing migrate")

    total = command(
        "totals", ledger.run_totals, "the ledger's figures in fen and counts",
        "quanqing totals --by programme,sector --json",
    )  # fmt: skip
    total.add_argument("--by", default="programme", metavar="DIMENSIONS")
    total.add_argument("--as-of", metavar="TIME", help="as the ledger knew it then, +08:00 unless said")
    total.add_argument("--json", action="store_true")
    command(
        "verify", ledger.run_verify, "is the ledger what its events say?", "quanqing verify --json"
    ).add_argument("--json", action="store_true")
    sample = command(
        "sample", audit.run_sample, "抽查: redemptions drawn for an audit, the same for the same seed and moment",
        "quanqing sample --seed 2022-SX-P1 --as-of 2022-12-16T00:00 --out sample.csv",
    )  # fmt: skip
    sample.add_argument("--seed", required=True, help="said before the draw, so that nobody can choose")
    sample.add_argument("--as-of", metavar="TIME", help="of the records as the ledger knew them then")
    sample.add_argument("--percent", type=int, default=audit.LEAST)
    sample.add_argument("--out", type=Path, required=True, metavar="CSV")
    sample.add_argument("--json", action="store_true")
    compare = command(
        "reconcile", reconciling.run_reconcile, "platforms' own totals against the ledger",
        "quanqing reconcile --json",
    )  # fmt: skip
    compare.add_argument("--json", action="store_true")
    explain = command(
        "discrepancy", reconciling.run_discrepancy, "close a difference with its cause",
        "quanqing discrepancy close 7 --cause gap_accepted --note 平台确认无法补传",
    )  # fmt: skip
    explain.add_argument("action", choices=("close",))
    explain.add_argument("number", type=int, metavar="ID")
    explain.add_argument("--cause", required=True, choices=[cause.value for cause in Cause])
    explain.add_argument("--note", default="")
    explain.add_argument("--by", metavar="NAME", help="who closes it (default: the user of this machine)")
    command(
        "subsidies", ledger.run_subsidies, "audited subsidies: where they stand, what does not add up",
        "quanqing subsidies --json",
    ).add_argument("--json", action="store_true")  # fmt: skip
    again = command(
        "rebuild", ledger.run_rebuild, "write roll-ups again from the events, or scores from the posts",
        "quanqing rebuild scores --on tcp://10.0.0.5:8786",
    )  # fmt: skip
    again.add_argument("what", nargs="?", choices=("rollups", "scores"), default="rollups")
    again.add_argument("--on", metavar="ADDRESS", help="scores: a Dask scheduler")
    ingest = command("ingest", ledger.run_ingest, "one pass over sources", "quanqing ingest bank-a --once")
    ingest.add_argument("source", nargs="*")
    ingest.add_argument("--once", action="store_true", required=True)
    ingest.add_argument("--json", action="store_true")
    bring = command(
        "import", ledger.run_import, "files brought by hand", "quanqing import ZFXFQ_*.csv --source bank-a"
    )
    bring.add_argument("file", nargs="+", type=Path)
    bring.add_argument("--source", required=True)
    bring.add_argument("--json", action="store_true")

    register = command(
        "register", eligibility.run_register, "the merchant register and the sanction list",
        "quanqing register load merchants.csv sanctions.csv",
    )  # fmt: skip
    register.add_argument("action", choices=("load", "show"))
    register.add_argument("file", nargs="*", type=Path)
    sanction = command(
        "sanctions", sanctions.run_sanctions, "money withheld from sanctioned merchants and recovered from them",
        "quanqing sanctions load sanction-ledger.csv",
    )  # fmt: skip
    sanction.add_argument("action", nargs="?", choices=("load", "show"), default="show")
    sanction.add_argument("file", nargs="*", type=Path)
    sanction.add_argument("--as-of", metavar="TIME", help="as the ledger knew it then, +08:00 unless said")
    sanction.add_argument("--json", action="store_true")
    flag = command(
        "flags", eligibility.run_flags, "events that do not keep a rule: counted, and named here",
        "quanqing flags --by reason,programme --json",
    )  # fmt: skip
    flag.add_argument("--by", default="reason,programme", metavar="DIMENSIONS")
    flag.add_argument(
        "--list", choices=[r.value for r in Reason], help="the events of one reason, as JSON lines"
    )
    flag.add_argument("--merchants", metavar="VERSION", help="by an earlier register (default: the newest)")
    flag.add_argument("--sanctions", metavar="VERSION", help="by an earlier sanction list")
    flag.add_argument("--json", action="store_true")

    paper = command(
        "briefing", briefing.run_briefing, "专报: a paper in every format",
        "quanqing briefing --day 2022-10-28 --as-of 2022-10-28T18:00 --out ./out",
    )  # fmt: skip
    paper.add_argument("--day", required=True, metavar="YYYY-MM-DD", help="of a week: any of its days")
    paper.add_argument("--kind", choices=[kind.value for kind in PaperKind], default=PaperKind.DAILY.value)
    paper.add_argument("--alert", type=int, metavar="N", help="the alert an event's paper is of")
    paper.add_argument("--scope", metavar="CODE", help="a county's own (default: the city)")
    paper.add_argument("--as-of", metavar="TIME", help="as known then (default: the day's end, or now)")
    paper.add_argument("--known-by", metavar="TIME", help="a 更正 of it (default: as --as-of)")
    paper.add_argument("--out", type=Path, metavar="DIR", help="default: briefings/ in the data folder")

    picture = command(
        "picture", pictures.run_picture, "a scene of the wall as PNG", "quanqing picture overview"
    )
    pictures.add_arguments(picture)

    score = command("score", opinion.run_score, "score posts", "echo 根本抢不到 | quanqing score - --json")
    score.add_argument("file", nargs="?", type=Path)
    score.add_argument("--json", action="store_true")
    judge = command(
        "evaluate", model.run_evaluate, "accuracy on a labelled TSV, or on a folder of them",
        "quanqing evaluate labelled/ --cross",
    )  # fmt: skip
    judge.add_argument("file", type=Path)
    judge.add_argument("--cross", action="store_true", help="train again without each source; minutes")
    judge.add_argument("--json", action="store_true", help="a single file is always shown as JSON")
    learn = command(
        "train", model.run_train, "train on labelled sets and what people corrected; used where it is no worse",
        "quanqing train labelled/ --corrections corrections.tsv",
    )  # fmt: skip
    learn.add_argument("sets", type=Path, help="folder of .tsv or .tsv.gz with columns text and label")
    learn.add_argument(
        "--corrections", type=Path, help="more of them, a TSV: text, label, and issues where known"
    )
    learn.add_argument("--quick", action="store_true", help="do not measure on sources left out")
    models = command(
        "model", model.run_model, "the models there are, and which is used", "quanqing model list"
    )
    models.add_argument("action", choices=("list", "use"))
    models.add_argument("name", nargs="?", help="a version, or shipped")
    posts = command(
        "posts", opinion.run_posts, "stored posts, newest first", "quanqing posts --county 140403 --json"
    )
    alerts = command("alerts", opinion.run_alerts, "alerts, newest first", "quanqing alerts --json")
    for listing in (posts, alerts):
        listing.add_argument("--since", metavar="TIME")
        listing.add_argument("--json", action="store_true")
    posts.add_argument("--county", metavar="CODE")
    posts.add_argument("--issue")
    posts.add_argument("--limit", type=int, default=200)

    forgetting.add_command(command)
    done = command(
        "audit", audit_log.run_audit, "审计日志: is the log of what was done whole; take it along",
        "quanqing audit export --out audit.csv --since 2022-11-01T00:00",
    )  # fmt: skip
    audit_log.add_arguments(done)
    rules.add_to(command)
    channels.add_to(command)
    people.add_to(command)
    backup.add_to(command)
    return parser
