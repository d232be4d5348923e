"""The tone of one post: words in, label, probabilities and the words that decided out.

For measuring and training; `sentiment.batch` says the same of many posts at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.records import Label
from sentiment.bayes import LABELS, Triple
from sentiment.features import Features, features
from sentiment.linear import softmax
from sentiment.stance import Stance
from sentiment.weights import Weights
from sentiment.words import campaign_words, enough_han, has_han, prepare

SURE = 0.55  # the unsure band: below this probability a label is shown as uncertain
WHY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Tone:
    """No evidence: no label, no probabilities, not confident."""

    label: Label | None = None
    probabilities: Triple | None = None
    confident: bool = False
    why: tuple[tuple[str, float], ...] = ()  # words with their weight for (+) or against (-) the label


class Polarity:
    """Reads the tone with jieba, snownlp's Bayes and the linear model."""

    def __init__(self, weights: Weights) -> None:
        self._bayes, self._linear = weights.bayes, weights.linear
        self._stance = Stance()

    def score(self, title: str, text: str) -> Tone:
        prepared = together(title, text)
        words = cut(prepared)
        return self.tone(words, features(words, self._stance.features(prepared)))

    def tone(self, words: Sequence[str], found: Features) -> Tone:
        if not self._any_evidence(words):
            return Tone()
        read = self._linear.read(found)
        heat = self._linear.heat(words)
        probabilities = softmax(self._linear.logits(read, self._bayes.evidence(words), heat))
        winner = probabilities.index(max(probabilities))
        return Tone(
            label=LABELS[winner],
            probabilities=probabilities,
            confident=probabilities[winner] >= SURE,
            why=_strongest(self._linear.contributions(words, read, winner, heat)),
        )

    def _any_evidence(self, words: Sequence[str]) -> bool:
        bayes, linear = self._bayes.words, self._linear.terms
        return any((word in bayes or word in linear) and has_han(word) for word in words)


def _strongest(shares: dict[str, float]) -> tuple[tuple[str, float], ...]:
    top = sorted(shares.items(), key=lambda item: -abs(item[1]))[:WHY]
    return tuple((word, rounded) for word, share in top if (rounded := round(share, 3)))


def cut(prepared: str) -> list[str]:
    """The post's words; none where there are fewer than two Chinese characters."""
    return campaign_words().cut(prepared) if enough_han(prepared) else []


def together(title: str, text: str) -> str:
    """Title and text, prepared as one unit; a text that repeats its title counts once."""
    return prepare(text if text.startswith(title) else f"{title}\n{text}")
