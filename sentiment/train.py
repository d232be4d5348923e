"""Train the weights from labelled sets, measure them, write the model card: `python -m sentiment.train --data DIR`."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from domain.errors import ConfigError
from domain.records import Label
from sentiment.bayes import LABELS, table
from sentiment.card import write_card
from sentiment.counts import count
from sentiment.evaluate import read_rows
from sentiment.fit import Sample, Settings, fit, temperature
from sentiment.linear import Linear
from sentiment.weights import MODEL, load_weights, save_weights
from sentiment.words import LEXICON, campaign_words, prepare

SEED_WEIGHT = 12  # 500 composed posts among 40,000: each counts so often
HELD_OUT = 10  # every tenth row sets the temperature
_NOT_FOR_TRAINING = ("_eval", "_dev")


def train(data_dir: Path, out_dir: Path = MODEL, settings: Settings | None = None) -> str:
    """Read every three-class set of `data_dir`, write weights, pin and card to `out_dir`. Returns the version.

    Sets named `*_eval*` and `*_dev*` are measured and never learnt; two-class sets would teach that nothing is
    neutral and are left out. Deterministic: the same files give the same bytes. Raises ConfigError.
    """
    settings = settings or Settings()
    sets = {path.name: read_rows(path) for path in _tables(data_dir)}
    learnt = {n: rows for n, rows in sets.items() if _teaches(n, (r["label"] for r in rows))}
    if not learnt:
        raise ConfigError(f"{data_dir}: no training set with the labels neg, neu and pos")
    public = [s for rows in learnt.values() for s in samples((r["text"], r["label"]) for r in rows)]
    seeds = samples(seed_posts())
    linear = replace(fit(public + seeds * SEED_WEIGHT, settings), temperature=_heat(public, settings))
    counts = count(_labelled(public + seeds * SEED_WEIGHT), min_rows=settings.min_words)
    version = save_weights(out_dir, counts=counts, linear=linear)
    write_card(out_dir, weights=load_weights(out_dir), learnt=learnt, sets=sets, seeds=len(seeds))
    return version


def samples(rows: Iterable[tuple[str, str]]) -> list[Sample]:
    """Cut posts; rows without a word are left out. Raises ConfigError for a label that is none of the three."""
    words, cut = campaign_words(), []
    for text, label in rows:
        if label not in set(LABELS):
            raise ConfigError(f"label {label!r} is none of neg, neu, pos")
        if found := words.cut(prepare(text)):
            cut.append(Sample(words=tuple(found), label=LABELS.index(Label(label))))
    return cut


def seed_posts() -> list[tuple[str, str]]:
    """The composed posts of `lexicon/seed_posts.tsv` as (text, label)."""
    lines = (LEXICON / "seed_posts.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return [(text, label) for label, text in rows]


def _tables(data_dir: Path) -> list[Path]:
    return sorted(p for p in data_dir.iterdir() if p.name.endswith((".tsv", ".tsv.gz")))


def _teaches(name: str, labels: Iterable[str]) -> bool:
    return not any(mark in name for mark in _NOT_FOR_TRAINING) and set(labels) == set(LABELS)


def _heat(public: Sequence[Sample], settings: Settings) -> float:
    """The temperature of a model that has not seen every tenth public row, measured on those rows."""
    seen = [s for i, s in enumerate(public) if i % HELD_OUT]
    unseen = [s for i, s in enumerate(public) if not i % HELD_OUT]
    linear: Linear = fit(seen, settings)
    counts = count(_labelled(seen), min_rows=settings.min_words)
    bayes = table(list(counts), list(counts.values()))
    return temperature(linear, [bayes.evidence(s.words) for s in unseen], unseen)


def _labelled(rows: Sequence[Sample]) -> Iterable[tuple[tuple[str, ...], Label]]:
    return ((s.words, LABELS[s.label]) for s in rows)


def main() -> None:
    parser = argparse.ArgumentParser(description="train the sentiment model on labelled sets")
    parser.add_argument("--data", type=Path, required=True, help="folder of .tsv or .tsv.gz: text, label")
    parser.add_argument("--out", type=Path, default=MODEL, help="where the weights go")
    arguments = parser.parse_args()
    train(arguments.data, arguments.out)


if __name__ == "__main__":
    main()
