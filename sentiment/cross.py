"""Honest figures: whole sources left out, and the relevance filter on titles it has not seen."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from domain.records import Relevance
from sentiment.evaluate import Row, evaluate, f1
from sentiment.learn import Settings, Tone, bayes_of, fit_talk, fit_tone
from sentiment.polarity import Polarity
from sentiment.samples import SEED, Reader, Source
from sentiment.talk import Talk
from sentiment.weights import Weights

FOLDS = 10

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
    public = [s for s in sources if not (s.two_class or s.composed)]
    if len(public) < 2:
        return {}
    found = {}
    for left in public:
        related = RELATED.get(left.name.split(".")[0], ())
        rest = [s for s in sources if s is not left and s.name.split(".")[0] not in related]
        found[left.name] = evaluate(sets[left.name], Polarity(whole(fit_tone(rest, settings))))
    return found


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
    return Weights(bayes=bayes_of(tone.counts), linear=tone.linear, talk=_NO_TALK, version=version)
