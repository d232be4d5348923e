"""train, evaluate, model: the scorer's weights at the command line."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from dashboard.commands.house import console, open_house, print_json, say
from dashboard.settings import Settings
from domain.audit import Action
from domain.errors import ConfigError
from domain.records import Relevance
from sentiment.backlog import score_all_again
from sentiment.cluster import score_on
from sentiment.evaluate import NOT_FOR_TRAINING, Row, evaluate, read_rows, read_sets
from sentiment.issue_figures import issue_figures
from sentiment.polarity import Polarity
from sentiment.score import Scorer
from sentiment.versions import ISSUES_RIGHT, SHIPPED, model_in_use, no_worse, use, versions
from sentiment.weights import Weights, load_weights
from store.engine import open_store, read, write
from store.migrations import migrate
from store.queries.corrected import judged_posts
from store.queries.register import shops_by_county
from store.writes.audit import write_audit

_NAMES = {"neg", "neu", "pos"}


def models_of(settings: Settings) -> Path:
    """The folder of the models this deployment trained."""
    return settings.data_dir / "models"


def run_train(args: argparse.Namespace, settings: Settings) -> int:
    """Train, compare on the frozen sets, and use the new model where it is no worse. 1: it is worse, and not used."""
    from sentiment.train import train  # numpy and snownlp: no other command pays for them

    folder = models_of(settings)
    folder.mkdir(parents=True, exist_ok=True)
    corrections = read_rows(args.corrections) if args.corrections else []
    corrections += judged_rows(settings)
    with tempfile.TemporaryDirectory(dir=folder, prefix="training-") as made:
        version = train(args.sets, Path(made), corrections=corrections, cross=not args.quick)
        kept = folder / version
        if not kept.exists():
            Path(made).rename(kept)
            Path(made).mkdir()
    sets, _ = read_sets(args.sets)
    old = frozen_figures(sets, model_in_use(folder))
    new = frozen_figures(sets, kept)
    better = no_worse(old, new)
    if better:
        _note(settings, version)
        use(folder, version)
    print_json({"version": version, "in_use": better, "before": _short(old), "after": _short(new)})
    say(f"{kept / 'CARD.md'}: what was learnt and measured")
    return 0 if better else 1


def judged_rows(settings: Settings) -> list[dict[str, str]]:
    """What people at the desk judged, as rows of a labelled set; a post without a tone has an empty label, one that is
    not about the campaign no issues.
    """
    engine = open_store(settings.database_url)
    migrate(engine)
    with read(engine) as conn:
        judged = judged_posts(conn)
    return [
        {
            "text": post.text if post.text.startswith(post.title) else f"{post.title}\n{post.text}",
            "label": post.label.value if post.label else "",
            "relevance": post.relevance.value,
        }
        | ({"issues": ",".join(post.issues)} if post.relevance is Relevance.CAMPAIGN else {})
        for post in judged
    ]


def run_evaluate(args: argparse.Namespace, settings: Settings) -> int:
    """A labelled set, or every set of a folder; `--cross` trains again without each source."""
    model = model_in_use(models_of(settings))
    if args.file.is_file():
        print_json(evaluate(read_rows(args.file), Polarity(load_weights(model))))
        return 0
    sets, titles = read_sets(args.file)
    weights = load_weights(model)
    issues = {
        name: found for name, rows in sets.items() if (found := issue_figures(rows, weights)) is not None
    }
    document: dict[str, Any] = {"unseen": frozen_figures(sets, model), "issues": issues}
    if args.cross:
        from sentiment.cross import leave_one_out, relevance_folds
        from sentiment.learn import Settings as Learning
        from sentiment.samples import Reader, sources

        reader = Reader()
        document["left_out"] = leave_one_out(sources(reader, sets), sets, Learning())
        document["relevance_tenfold"] = relevance_folds(reader, titles, Learning()) if titles else None
    if args.json:
        print_json(document)
        return 0
    sys.stdout.write("\n".join(_lines(document)) + "\n")
    return 0


def run_rescore(args: argparse.Namespace, settings: Settings) -> int:
    """Every stored post again, here or on a Dask cluster."""
    engine, campaign = open_house(settings)
    model = model_in_use(models_of(settings))
    with write(engine) as conn:
        write_audit(conn, console(), Action.REBUILD, subject="scores", detail={"on": args.on or ""})
    with read(engine) as conn:
        shops = shops_by_county(conn, city=campaign.campaign.city_code)
    if args.on is None:
        score = Scorer(campaign, load_weights(model), shops).score_batch
    else:
        score = partial(score_on, args.on, campaign, model_dir=model, merchants=shops)
    say(f"{score_all_again(engine, score, clock=settings.clock.now)} posts scored again")
    return 0


def run_model(args: argparse.Namespace, settings: Settings) -> int:
    folder = models_of(settings)
    if args.action == "use":
        if args.name is None:
            raise ConfigError(f"model use: say which; {SHIPPED} is always there")
        _note(settings, args.name)
        use(folder, args.name)
        say("the worker scores with it from its next start")
    for version in versions(folder):
        mark = "*" if version.in_use else " "
        sys.stdout.write(f"{mark} {version.name}\t{load_weights(version.directory).version}\n")
    return 0


def _note(settings: Settings, version: str) -> None:
    """Before it is used: a change that cannot be noted is not made."""
    engine = open_store(settings.database_url)
    migrate(engine)
    with write(engine) as conn:
        write_audit(conn, console(), Action.MODEL, subject=version)


def frozen_figures(sets: Mapping[str, Sequence[Row]], model: Path) -> dict[str, dict[str, Any]]:
    """Figures of the three-class sets that are never learnt."""
    weights = load_weights(model)
    polarity = Polarity(weights)
    return {
        name: evaluate(rows, polarity) | _issues_right(rows, weights)
        for name, rows in sets.items()
        if any(mark in name for mark in NOT_FOR_TRAINING) and {row["label"] for row in rows} == _NAMES
    }


def _issues_right(rows: Sequence[Row], weights: Weights) -> dict[str, float]:
    found = issue_figures(rows, weights)
    return {} if found is None else {ISSUES_RIGHT: found["accuracy"]}


def _short(figures: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    return {name: round(found["macro_f1"], 4) for name, found in figures.items()}


def _lines(document: Mapping[str, Any]) -> list[str]:
    lines = ["set                                 rows  accuracy  macro-F1   ECE   recall neg / neu / pos"]
    for part, prefix in (("unseen", ""), ("left_out", "without ")):
        for name, found in document.get(part, {}).items():
            lines.append(_line(prefix + name, found))
            lines += [_hard(tag, kind) for tag, kind in found["by_hard"].items()]
    for name, found in document["issues"].items():
        lines.append(
            f"{name}: first issue right {found['accuracy']:.3f}, right one among them {found['among']:.3f}"
        )
        lines += [f"  {tag:32} {n:5}  {hits} right" for tag, (hits, n) in found["by_hard"].items()]
    relevance = document.get("relevance_tenfold")
    if relevance:
        lines.append(f"relevance, tenfold, learnt filter alone: F1 {relevance['f1']:.3f}")
    return lines


def _line(title: str, found: Mapping[str, Any]) -> str:
    recall = " / ".join(f"{found['per_class'][label]['recall']:.2f}" for label in ("neg", "neu", "pos"))
    figures = f"{found['accuracy']:8.3f}  {found['macro_f1']:8.3f} {found['ece']:5.3f}"
    return f"{title:34} {found['n']:5}  {figures}   {recall}"


def _hard(tag: str, found: Mapping[str, Any]) -> str:
    (neg, negs), (pos, poss) = found["recall"]["neg"], found["recall"]["pos"]
    recall = f"negatives {neg} of {negs}, positives {pos} of {poss}"
    return f"  {tag:32} {found['n']:5}  {found['accuracy']:8.3f}                   {recall}"
