"""Honest figures: whole sources left out, and the relevance filter on titles it has not seen."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from domain.records import Relevance
from sentiment.evaluate import Row, evaluate, f1
from sentiment.learn import Settings, Tone, bayes_of, fit_talk, fit_tone
from sentiment.polarity import Polarity
from sentiment.samples import SEED, Reader, Source
from sentiment.talk import Talk
from sentiment.weights import Weights

FOLDS = 10
_SHIFTS = tuple(step / 5 for step in range(-10, 13))

# Sets that hold posts of the same collection: left out together, or the figure would flatter.
RELATED = {
    "smp2020_virus_train": ("nlpcc2020_covid7",),
    "nlpcc2013_weibo": ("nlpcc2020_covid7",),
}
_NO_TALK = Talk(bias=0.0, scale=0.0, terms={}, runs={})


def leave_one_out(
    sources: Sequence[Source], sets: Mapping[str, Sequence[Row]], settings: Settings
) -> dict[str, dict[str, object]]:
    """Per public three-class source: what a model says of it that has seen the others only. Temperature 1."""
    public = [s for s in sources if s.public]
    if len(public) < 2:
        return {}
    found = {}
    for left in public:
        related = RELATED.get(left.name.split(".")[0], ())
        rest = [s for s in sources if s is not left and s.name.split(".")[0] not in related]
        tone = fit_tone(rest, settings)
        figures = evaluate(sets[left.name], Polarity(whole(tone)))
        found[left.name] = figures | {"best_shift": _best_shift(tone, left)}
    return found


def _best_shift(tone: Tone, left: Source) -> float:
    """The highest macro-F1 that any shift of the classes reaches: a bound, found with the truth in hand.

    What knowing how often each tone occurs there could be worth at most.
    """
    bayes = bayes_of(tone.counts)
    logits = np.array(
        [tone.linear.logits(tone.linear.read(s.found), bayes.evidence(s.words)) for s in left.samples]
    )
    truth = np.array([s.label for s in left.samples])
    shifts = (np.array((0.0, neu, pos)) for neu, pos in product(_SHIFTS, repeat=2))
    return max(_macro_f1((logits + shift).argmax(axis=1), truth) for shift in shifts)


def _macro_f1(said: NDArray[np.int64], truth: NDArray[np.int64]) -> float:
    hits = np.bincount(truth[said == truth], minlength=3)
    both = np.bincount(said, minlength=3) + np.bincount(truth, minlength=3)
    return float((2 * hits / np.maximum(both, 1)).mean())


def relevance_folds(
    reader: Reader, titles: Sequence[tuple[str, str]], settings: Settings
) -> dict[str, float]:
    """n, precision, recall and F1 of campaign talk by the learnt filter alone, tenfold, without any word list."""
    order = list(range(len(titles)))
    random.Random(SEED).shuffle(order)
    pairs = []
    for fold in range(FOLDS):
        unseen = order[fold::FOLDS]
        rest = [titles[i] for i in range(len(titles)) if i not in set(unseen)]
        talk = fit_talk(reader, rest, settings)
        for i in unseen:
            text, truth = titles[i]
            ours = talk.logit(reader.features(text)) >= 0
            pairs.append((truth, Relevance.CAMPAIGN.value if ours else Relevance.COMMERCE.value))
    return f1(pairs, Relevance.CAMPAIGN.value)


def whole(tone: Tone, version: str = "unsaved") -> Weights:
    """Weights that can score tones, without a file."""
    return Weights(
        bayes=bayes_of(tone.counts), linear=tone.linear, talk=_NO_TALK, issues=None, version=version
    )
