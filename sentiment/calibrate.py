"""The temperatures that make probabilities mean what they say, from fits that have not seen what they are set on."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress

from domain.errors import ConfigError
from sentiment.bayes import Triple
from sentiment.evaluate import calibration_error, chance_error
from sentiment.learn import Settings, Tone, bayes_of, fit_tone
from sentiment.linear import VOUCHER, softmax
from sentiment.samples import PATTERNS, Sample, Source

FOLDS = 3
PUBLIC_STEP = 10  # every tenth row of a public set is held out
_TEMPERATURES = tuple(step / 20 for step in range(8, 81))

Unseen = tuple[Triple, int]
"""Logits of a row no fold has seen, and its class."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """One temperature and how well it does, each row held against the temperature of the others."""

    rows: int
    temperature: float
    error: float | None  # expected calibration error
    by_chance: float | None  # what it would be on so few rows if every probability were right


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A tone model with honest probabilities. `vouchers`: of composed posts and corrections that speak of vouchers.
    `blind`: by its words, the tone of each composed or corrected post as the fit says that has not seen it.
    """

    tone: Tone
    public: Calibration
    vouchers: Calibration
    blind: Mapping[tuple[str, ...], Triple]


def train_tone(sources: Sequence[Source], settings: Settings) -> Trained:
    """Fit on every source; the temperatures come from fits that each left out a third of what they are set on.

    Raises ConfigError where no source knows all three classes.
    """
    if not any(s.public for s in sources):
        raise ConfigError("no training set with the labels neg, neu and pos")
    public: list[list[Unseen]] = []
    vouchers: list[list[Unseen]] = []
    logits: dict[tuple[str, ...], Triple] = {}
    for fold in range(FOLDS):
        split = [(s, _held_out(s, fold)) for s in sources]
        rest = [
            replace(s, samples=tuple(x for i, x in enumerate(s.samples) if i not in out)) for s, out in split
        ]
        blind = fit_tone(rest, settings)
        public.append(_logits(blind, (s.samples[i] for s, out in split if s.public for i in out)))
        composed = [s.samples[i] for s, out in split if not s.public for i in out]
        found = _logits(blind, composed)
        logits |= {x.words: told for x, (told, _) in zip(composed, found, strict=True)}
        of_vouchers_too = (any(VOUCHER in word for word in x.words) for x in composed)
        vouchers.append(list(compress(found, of_vouchers_too)))
    of_public = _calibration(public, otherwise=1.0)
    of_vouchers = _calibration(vouchers, otherwise=of_public.temperature)
    tone = fit_tone(sources, settings)
    linear = replace(
        tone.linear, temperature=of_public.temperature, voucher_temperature=of_vouchers.temperature
    )
    return Trained(
        tone=replace(tone, linear=linear),
        public=of_public,
        vouchers=of_vouchers,
        blind={words: softmax(z / linear.heat(words) for z in told) for words, told in logits.items()},
    )


def calibration_lines(trained: Trained) -> list[str]:
    """The model card's words on it."""
    return [
        "## Calibration, cross-validated",
        "",
        f"{FOLDS} fits, each without a third of every {PUBLIC_STEP}th public row and of composed and corrected posts.",
        "What they say of those sets the temperatures; each third is measured with the temperature of the others.",
        "No evaluation set has a part in it. Few posts never come out even: by chance is the error on as many posts if",
        "every probability were right.",
        "",
        "| held out | rows | temperature | calibration error | by chance |",
        "| --- | --- | --- | --- | --- |",
        _calibration_line("public, every tenth", trained.public),
        _calibration_line("composed or corrected, about vouchers", trained.vouchers),
        "",
    ]


def _calibration_line(name: str, found: Calibration) -> str:
    errors = (f"{value:.3f}" if value is not None else "—" for value in (found.error, found.by_chance))
    return f"| {name} | {found.rows} | {found.temperature} | {' | '.join(errors)} |"


def _held_out(source: Source, fold: int) -> range:
    """A third of what is held out over all folds: every tenth public row, every composed one.

    Patterns share their parts: what is left of them has seen what is held out.
    """
    if source.two_class or source.name == PATTERNS:
        return range(0)
    step = PUBLIC_STEP if source.public else 1
    return range(fold * step, len(source.samples), FOLDS * step)


def _logits(blind: Tone, unseen: Iterable[Sample]) -> list[Unseen]:
    bayes = bayes_of(blind.counts)
    return [
        (blind.linear.logits(blind.linear.read(s.found), bayes.evidence(s.words)), s.label) for s in unseen
    ]


def _calibration(folds: Sequence[Sequence[Unseen]], *, otherwise: float) -> Calibration:
    """`otherwise`: the temperature where there is nothing to set it on."""
    whole = [row for fold in folds for row in fold]
    tops = []
    for no, fold in enumerate(folds):
        heat = _temperature(
            [row for other, rows in enumerate(folds) if other != no for row in rows], otherwise
        )
        tops += [_top(row, heat) for row in fold]
    return Calibration(
        rows=len(whole),
        temperature=_temperature(whole, otherwise),
        error=calibration_error(tops),
        by_chance=chance_error(tops),
    )


def _temperature(unseen: Sequence[Unseen], otherwise: float) -> float:
    """The one of least log loss."""

    def loss(heat: float) -> float:
        return -sum(math.log(_likely(row, heat)[row[1]] + 1e-12) for row in unseen)

    return min(_TEMPERATURES, key=loss) if unseen else otherwise


def _likely(row: Unseen, heat: float) -> Triple:
    return softmax(z / heat for z in row[0])


def _top(row: Unseen, heat: float) -> tuple[float, bool]:
    likely = _likely(row, heat)
    return max(likely), likely.index(max(likely)) == row[1]
