"""From composed and corrected posts to an issue model, with the figures of batches that its fits have not seen."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from domain.issues import ISSUES
from sentiment.bayes import LABELS, Triple
from sentiment.fit import Fitted, Table, Task, solve
from sentiment.issue_model import NONE, IssueModel, runs_of
from sentiment.issue_posts import Told, likeliest
from sentiment.issues import chosen
from sentiment.learn import MAX_WEIGHT, Named, Settings
from sentiment.samples import CORRECTED
from sentiment.words import has_han

CLASSES = (*ISSUES, NONE)
_FURTHER = 0.1  # of a post's weight goes to its further issues
_ORDINARY = 50  # posts of a class
_HEARD = 0.5  # of what the tone tells: the words that tell it are counted by both
_NOT_MEASURED = ("taxonomy",)
_FOLDS = 5
_LEAST = tuple(step / 20 for step in range(2, 18))
_WIDEST = _LEAST[-1]
_ENOUGH = 10  # posts: a category that is further in fewer has what all have together


Seen = tuple[Told, dict[str, float]]
"""A post and the shares that a model which has not seen its batch gives it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueFit:
    """A model, and how often the first tag is the main issue of posts whose batch was left out."""

    model: IssueModel
    posts: int
    corrected: int
    by_batch: dict[str, tuple[int, int, int]]  # posts, right, right by the word list and the tone alone
    further: tuple[float, float] | None  # precision and recall of further tags


def fit_issues(told: Sequence[Told], settings: Settings) -> IssueFit:
    """Whole batches are left out in turn: what the others say of them sets the shares that further tags need."""
    seen: list[Seen] = []
    for out in _folds(told):
        blind = _fit([post for post in told if post.batch not in out], settings)
        seen += [(post, _shares(blind, post)) for post in told if post.batch in out]
    model = replace(_fit(told, settings), least=_least(seen))
    return IssueFit(
        model=model,
        posts=len(told),
        corrected=sum(post.batch == CORRECTED for post in told),
        by_batch=_by_batch(model, seen),
        further=_further(model, seen),
    )


def _folds(told: Sequence[Told]) -> list[set[str]]:
    """Batches shared out evenly, the largest first. The taxonomy's phrases are the word list's own: never measured."""
    sizes = Counter(post.batch for post in told if post.batch not in _NOT_MEASURED)
    folds: list[set[str]] = [set() for _ in range(_FOLDS)]
    for batch, _ in sizes.most_common():
        min(folds, key=lambda fold: sum(sizes[b] for b in fold)).add(batch)
    return [fold for fold in folds if fold]


def _fit(told: Sequence[Told], settings: Settings) -> IssueModel:
    """Every issue of a post is a row of its own that weighs its part."""
    names, table = _table(told, settings.issue_min_rows)
    often = Counter(post.main for post in told)
    parts = [(row, issue, share) for row, post in enumerate(told) for issue, share in _parts(post)]
    at = [row for row, _, _ in parts]
    fitted = solve(
        Task(
            table=table.at(np.array(at)),
            labels=np.array([CLASSES.index(issue) for _, issue, _ in parts]),
            weights=np.array([share * _balance(often[told[row].main]) for row, _, share in parts]),
            groups=np.zeros(len(parts), dtype=np.int64),
            open=np.ones((len(parts), len(CLASSES)), dtype=bool),
            evidence=np.array([_evidence(told[row]) for row in at]),
        ),
        decay=settings.issue_decay,
        temper=settings.temper,
        steps=settings.issue_steps,
    )
    return replace(_model(names, fitted), lifts=_lifts(told))


def _table(told: Sequence[Told], min_rows: int) -> tuple[list[Named], Table]:
    rows = [
        [*((name, False) for name in post.found.terms), *((run, True) for run in runs_of(post.found))]
        for post in told
    ]
    seen = Counter(name for row in rows for name in set(row))
    names = sorted(name for name, n in seen.items() if n >= min_rows and _tells(name))
    place = {name: i for i, name in enumerate(names)}
    known = [sorted(place[name] for name in row if name in place) for row in rows]
    return names, Table(
        places=np.array(list(chain.from_iterable(known)), dtype=np.int32),
        starts=np.cumsum([0, *map(len, known)]),
        unit=np.array([1 / math.sqrt(post.found.size or 1) for post in told], dtype=np.float32),
        width=len(names),
    )


def _tells(name: Named) -> bool:
    """Marks and digits alone say nothing of the topic."""
    run, is_run = name
    return not is_run or len(run) > 1 or has_han(run)


def _lifts(told: Sequence[Told]) -> tuple[Triple, ...]:
    """Per class, how often it is told in each tone over how often posts are; each seen once more than it was."""
    seen = {issue: [1.0, 1.0, 1.0] for issue in CLASSES}
    for post in told:
        for issue in (*post.issues,) or (NONE,):
            if post.label is not None:
                seen[issue][LABELS.index(post.label)] += 1
    whole = [sum(column) for column in zip(*seen.values(), strict=True)]

    def lift(row: Sequence[float]) -> Triple:
        neg, neu, pos = (n / sum(row) / (all_ / sum(whole)) for n, all_ in zip(row, whole, strict=True))
        return neg, neu, pos

    return tuple(lift(seen[issue]) for issue in CLASSES)


def _evidence(post: Told) -> list[float]:
    return [math.sqrt(post.counts.get(issue, 0)) for issue in CLASSES]


def _balance(posts: int) -> float:
    """What few composed posts are about is not rarer in life."""
    return math.sqrt(_ORDINARY / posts)


def _parts(post: Told) -> list[tuple[str, float]]:
    main, *further = post.issues or (NONE,)
    if not further:
        return [(main, post.weight)]
    if post.batch == CORRECTED:  # ticked in a list: none of them is the main one
        return [(issue, post.weight / len(post.issues)) for issue in post.issues]
    each = post.weight * _FURTHER / len(further)
    return [(main, post.weight * (1 - _FURTHER)), *((issue, each) for issue in further)]


def _model(names: Sequence[Named], fitted: Fitted) -> IssueModel:
    force = np.abs(fitted.values).max(axis=1, initial=0.0)
    scale = float(np.quantile(force, 0.99)) / MAX_WEIGHT or 1.0
    rounded = np.clip(np.rint(fitted.values / scale), -MAX_WEIGHT, MAX_WEIGHT).astype(np.int8)
    order = sorted(range(len(names)), key=lambda i: names[i][1])  # terms, then runs
    kept = [i for i in order if rounded[i].any()]
    terms = [names[i][0] for i in kept if not names[i][1]]
    runs = [names[i][0] for i in kept if names[i][1]]
    return IssueModel(
        classes=CLASSES,
        bias=tuple(fitted.bias[0].tolist()),
        listed=fitted.evidence,
        scale=scale,
        heard=_HEARD,
        lifts=((1.0, 1.0, 1.0),) * len(CLASSES),
        least=(_WIDEST,) * len(CLASSES),
        terms={name: row for row, name in enumerate(terms)},
        runs={name: row for row, name in enumerate(runs, start=len(terms))},
        weights=rounded[kept].tobytes(),
    )


def _shares(model: IssueModel, post: Told) -> dict[str, float]:
    return model.forces(model.leanings(post.found, post.tone), post.counts)


def _least(seen: Sequence[Seen]) -> tuple[float, ...]:
    """Per class, the part at which further tags are right most often for how often they are missed (F1)."""
    told = [
        (name, name in post.issues, part)
        for post, shares in seen
        for name, part in _rest(shares).items()
        if name not in (post.main, NONE)
    ]

    def best(rows: Sequence[tuple[str, bool, float]]) -> float:
        return max(reversed(_LEAST), key=lambda least: _f1([(true, part >= least) for _, true, part in rows]))

    ordinary, often = best(told), Counter(name for name, true, _ in told if true)
    own = {name for name, n in often.items() if n >= _ENOUGH}
    return tuple(
        best([row for row in told if row[0] == name]) if name in own else ordinary for name in CLASSES
    )


def _f1(pairs: Sequence[tuple[bool, bool]]) -> float:
    return 2 * sum(a and b for a, b in pairs) / max(sum(a + b for a, b in pairs), 1)


def _rest(shares: Mapping[str, float]) -> dict[str, float]:
    """What the main class leaves to the others."""
    main = max(shares, key=lambda name: shares[name])
    rest = sum(share for name, share in shares.items() if name != main)
    return {name: share / rest for name, share in shares.items() if name != main}


def _by_batch(model: IssueModel, seen: Sequence[Seen]) -> dict[str, tuple[int, int, int]]:
    found: dict[str, tuple[int, int, int]] = {}
    for post, shares in seen:
        n, right, listed = found.get(post.batch, (0, 0, 0))
        first = (*_chosen(model, post, shares), NONE)[0]
        found[post.batch] = (n + 1, right + (first == post.main), listed + (post.listed == post.main))
    return found


def _chosen(model: IssueModel, post: Told, shares: Mapping[str, float]) -> tuple[str, ...]:
    least = dict(zip(model.classes, model.least, strict=True))
    return chosen(dict(shares), post.counts, likeliest(post.tone), least)


def _further(model: IssueModel, seen: Sequence[Seen]) -> tuple[float, float] | None:
    told = [(set(post.issues[1:]), set(_chosen(model, post, shares)[1:])) for post, shares in seen]
    hits = sum(len(true & said) for true, said in told)
    true, said = sum(len(true) for true, _ in told), sum(len(said) for _, said in told)
    return (hits / said, hits / true) if true and said else None
