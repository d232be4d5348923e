"""From samples to a model: tone and talk. `sentiment.calibrate` makes the probabilities honest."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from domain.records import Relevance
from sentiment.bayes import LABELS, BayesTable, Triple, table
from sentiment.composed import SEED_POSTS, composed_posts
from sentiment.counts import count
from sentiment.features import Features
from sentiment.fit import Fitted, Floats, Ints, Table, Task, solve, strongest
from sentiment.linear import Linear, pack
from sentiment.samples import Reader, Sample, Source, talk_posts
from sentiment.talk import Talk

MAX_WEIGHT = 127  # int8
_ORDINARY = (
    0.99  # of the features; the few stronger ones are larger numbers, or the others would round to nothing
)
FOLDS = 5

# Chosen on whole sources left out (model card), never on the voucher posts.
_TALK_SEED = 0.05  # a composed voucher post beside the titles
_TALK_CLASS = 100.0  # both talks weigh the same, whatever the sets hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    decay: float = 0.5
    temper: float = 0.5
    steps: int = 40
    polish: int = 20  # steps once the weak features are gone
    max_features: int = 50_000
    min_rows: int = 3  # a feature of fewer posts is dropped
    min_words: int = 3  # so is a word of snownlp's Bayes
    talk_decay: float = 0.0625
    issue_decay: float = 0.06
    issue_steps: int = 30
    issue_min_rows: int = 2
    composed_step: int = 1  # of the composed posts, each n-th teaches
    pattern_posts: int = 5_000  # drawn from the composed patterns


@dataclass(frozen=True, slots=True, kw_only=True)
class Tone:
    """A trained tone model, before it is written."""

    counts: dict[str, tuple[int, int, int]]
    linear: Linear


def fit_tone(sources: Sequence[Source], settings: Settings) -> Tone:
    """One fit, not calibrated (temperature 1)."""
    samples = [sample for s in sources for sample in s.samples]
    names, where = _table([sample.found for sample in samples], settings.min_rows, names_the_topic)
    sizes = [len(s.samples) for s in sources]
    task = Task(
        table=where,
        labels=np.array([s.label for s in samples]),
        weights=np.concatenate([_row_weights(s) for s in sources]),
        groups=np.repeat(np.arange(len(sources)), sizes),
        open=np.repeat([[True, not s.two_class, True] for s in sources], sizes, axis=0),
        evidence=_evidence(sources, settings),
    )
    fitted, kept = _pruned(task, settings)
    public = [i for i, s in enumerate(sources) if s.public]
    names = [names[i] for i in kept]
    scale, terms, runs = _small(names, fitted.values)
    linear = Linear(
        bias=_triple(fitted.bias[public].mean(axis=0)),
        bayes=fitted.evidence,
        scale=scale,
        terms={name: pack(int(row[1]), int(row[2])) for name, row in terms},
        runs={name: pack(int(row[1]), int(row[2])) for name, row in runs},
        temperature=1.0,
        voucher_temperature=1.0,
    )
    return Tone(counts=_counts(sources, settings), linear=linear)


def fit_talk(reader: Reader, titles: Iterable[tuple[str, str]], settings: Settings) -> Talk:
    """`titles`: (text, talk) of labelled posts about vouchers, beside the composed ones."""
    rows = [(text, talk, 1.0) for text, talk in chain(titles, talk_posts())]
    rows += [(post.text, Relevance.CAMPAIGN.value, _TALK_SEED) for post in composed_posts(SEED_POSTS)]
    names, where = _table([reader.features(text) for text, _, _ in rows], 1)
    labels = np.array([int(talk == Relevance.CAMPAIGN) for _, talk, _ in rows])
    weights = np.array([weight for _, _, weight in rows])
    for own in (labels == 0, labels == 1):
        weights[own] *= _TALK_CLASS / weights[own].sum()
    task = Task(
        table=where,
        labels=labels,
        weights=weights,
        groups=np.zeros(len(rows), dtype=np.int64),
        open=np.ones((len(rows), 2), dtype=bool),
    )
    fitted = solve(task, decay=settings.talk_decay, temper=0.0, steps=60)
    scale, terms, runs = _small(names, fitted.values)
    return Talk(
        bias=float(fitted.bias[0, 1] - fitted.bias[0, 0]),
        scale=2 * scale,  # both classes' weights are each other's negative
        terms={name: int(row[1]) for name, row in terms},
        runs={name: int(row[1]) for name, row in runs},
    )


Named = tuple[str, bool]  # a feature, and whether it is a run of characters


def names_the_topic(name: str) -> bool:
    """Every post about the campaign says 消费券, whatever its tone, and the public sets hardly ever do: what the few
    composed posts that say it have in common would pass for its tone.
    """
    return "费券" in name or name == "消费"


def _table(
    found: Sequence[Features], min_rows: int, silent: Callable[[str], bool] = lambda name: False
) -> tuple[list[Named], Table]:
    seen: Counter[Named] = Counter()
    for f in found:
        seen.update((name, False) for name in f.terms)
        seen.update((name, True) for name in f.runs)
    names = sorted(name for name, n in seen.items() if n >= min_rows and not silent(name[0]))
    terms = {name: i for i, (name, is_run) in enumerate(names) if not is_run}
    runs = {name: i for i, (name, is_run) in enumerate(names) if is_run}
    places: list[int] = []
    starts = [0]
    for f in found:
        places += sorted([*_known(terms, f.terms), *_known(runs, f.runs)])
        starts.append(len(places))
    unit = [1 / math.sqrt(f.size or 1) for f in found]
    return names, Table(
        places=np.array(places, dtype=np.int32),
        starts=np.array(starts),
        unit=np.array(unit, dtype=np.float32),
        width=len(names),
    )


def _known(place: Mapping[str, int], names: Iterable[str]) -> list[int]:
    return [place[name] for name in names if name in place]


def _pruned(task: Task, settings: Settings) -> tuple[Fitted, Ints]:
    """A fit, its strongest features, and a fit of those alone: they take over what the others said."""
    whole = solve(task, decay=settings.decay, temper=settings.temper, steps=settings.steps)
    kept = strongest(whole.values, task.table, settings.max_features)
    if len(kept) == task.table.width:
        return whole, kept
    rest = replace(whole, point=(whole.point[0][kept], whole.point[1]))
    less = solve(
        task.only(kept), decay=settings.decay, temper=settings.temper, steps=settings.polish, start=rest
    )
    return less, kept


def _small(
    names: Sequence[Named], values: Floats
) -> tuple[float, list[tuple[str, Ints]], list[tuple[str, Ints]]]:
    """The scale, and the weights of terms and of runs as small integers; what rounds to nothing is left out."""
    force = np.abs(values).max(axis=1, initial=0.0)
    scale = (float(np.quantile(force, _ORDINARY)) if force.size else 1.0) / MAX_WEIGHT or 1.0
    rounded = np.rint(values / scale).astype(np.int64)
    kept = [(name, row) for name, row in zip(names, rounded, strict=True) if row.any()]
    terms = [(name, row) for (name, is_run), row in kept if not is_run]
    return scale, terms, [(name, row) for (name, is_run), row in kept if is_run]


def _row_weights(source: Source) -> Floats:
    """What its classes are made to weigh, of the same sum as if every row weighed the same."""
    labels = np.array([sample.label for sample in source.samples], dtype=np.int64)
    shares = np.array(source.balance())[labels]
    weights: Floats = source.weight * len(labels) * shares / shares.sum()
    return weights


def _evidence(sources: Sequence[Source], settings: Settings) -> Floats:
    """Bayes evidence of each row from a table that has not seen the row: else the model would trust it too much."""
    found = [np.zeros((len(s.samples), 3)) for s in sources]
    for fold in range(FOLDS):
        rest = [replace(s, samples=_without(s.samples, fold)) for s in sources]
        bayes = bayes_of(_counts(rest, settings))
        for s, rows in zip(sources, found, strict=True):
            for i in range(fold, len(s.samples), FOLDS):
                rows[i] = bayes.evidence(s.samples[i].words)
    return np.concatenate(found)


def bayes_of(counts: Mapping[str, Sequence[int]]) -> BayesTable:
    return table(list(counts), list(counts.values()))


def _counts(sources: Sequence[Source], settings: Settings) -> dict[str, tuple[int, int, int]]:
    """snownlp's Bayes sees the sources of three classes, rows of a heavier source or a rarer class more often."""
    rows = (
        (sample.words, LABELS[sample.label], times[sample.label])
        for s in sources
        if not s.two_class
        for times in [_times(s)]
        for sample in s.samples
    )
    found = count(rows, min_rows=settings.min_words)
    return {word: seen for word, seen in found.items() if not names_the_topic(word)}


def _times(source: Source) -> list[int]:
    """Per class, how often snownlp's Bayes is shown a row: it counts in whole rows."""
    return [max(1, round(source.weight * share)) for share in source.balance()]


def _without(samples: Sequence[Sample], fold: int) -> tuple[Sample, ...]:
    return tuple(s for i, s in enumerate(samples) if i % FOLDS != fold)


def _triple(values: Floats) -> Triple:
    neg, neu, pos = (float(value) for value in values)
    return neg, neu, pos
