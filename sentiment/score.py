"""A post -> relevance, polarity with its reasons, issues, county. Knows no database and does not look at the clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from domain.campaign import Campaign
from domain.records import Relevance, Score
from sentiment.features import features
from sentiment.issues import IssueTagger
from sentiment.phrases import Starts
from sentiment.places import CountyNames
from sentiment.polarity import Polarity, together
from sentiment.relevance import RelevanceFilter
from sentiment.stance import Stance
from sentiment.weights import Weights, load_weights
from sentiment.words import dictionary_version

Unscored = tuple[str, str, str | None]
"""Title, text, the feed's own county."""


class Scorer:
    """Scores posts of one campaign; takes about a second to build. Threads may share one."""

    def __init__(
        self, campaign: Campaign, weights: Weights | None = None, merchants: Mapping[str, str] | None = None
    ) -> None:
        """`merchants`: shop -> county code. Raises ConfigError for a bad weights file or word dictionary."""
        weights = weights or load_weights()
        self._polarity = Polarity(weights)
        self._stance = Stance()
        self._relevance = RelevanceFilter(campaign, weights.talk)
        self._issues = IssueTagger()
        self._places = CountyNames(campaign, merchants)
        self._starts = Starts(
            self._stance.phrases,
            self._relevance.phrases,
            self._issues.phrases,
            self._issues.parts,
            self._places.phrases,
            self._places.shops,
        )
        self.model = f"{weights.version}+{dictionary_version()}"

    def score(self, title: str, text: str, county: str | None = None) -> Score:
        """Never raises for a str. Only the first 2,000 characters count. `county`: the feed's own."""
        prepared = together(title, text)
        words = self._polarity.cut(prepared)
        starts = self._starts(prepared)
        found = features(words, self._stance.features(prepared, starts) if words else ())
        tone = self._polarity.tone(words, found)
        place = self._places.place(prepared, county, starts)
        return Score(
            relevance=self._relevance.judge(prepared, found, starts),
            label=tone.label,
            probabilities=tone.probabilities,
            confident=tone.confident,
            issues=self._issues.tags(prepared, tone.label, starts),
            counties=place.counties,
            county=place.county,
            placed_by=place.by,
            why=tone.why,
            model=self.model,
        )

    def score_batch(self, posts: Iterable[Unscored]) -> list[Score]:
        """The same posts give the same scores, whoever scores them and beside whatever else."""
        return [self.score(title, text, county) for title, text, county in posts]


def unscored(model: str) -> Score:
    """What is kept of a post that the scorer died on: nothing is known, and it is not asked for again."""
    return Score(
        relevance=Relevance.UNKNOWN,
        label=None,
        probabilities=None,
        confident=False,
        issues=(),
        counties=(),
        county=None,
        why=(),
        model=model,
    )
