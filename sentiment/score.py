"""A post -> relevance, polarity with its reasons, issues, county. Knows no database and does not look at the clock."""

from __future__ import annotations

from domain.campaign import Campaign
from domain.records import Score
from sentiment.issues import IssueTagger
from sentiment.places import CountyNames
from sentiment.polarity import Polarity, together
from sentiment.relevance import RelevanceFilter
from sentiment.weights import Weights, load_weights
from sentiment.words import dictionary_version


class Scorer:
    """Scores posts of one campaign; takes about a second to build. Threads may share one."""

    def __init__(self, campaign: Campaign, weights: Weights | None = None) -> None:
        """Raises ConfigError for a bad weights file or word dictionary."""
        weights = weights or load_weights()
        self._polarity = Polarity(weights)
        self._relevance = RelevanceFilter(campaign)
        self._issues = IssueTagger()
        self._places = CountyNames(campaign)
        self.model = f"{weights.version}+{dictionary_version()}"

    def score(self, title: str, text: str) -> Score:
        """Never raises for a str. Only the first 2,000 characters count."""
        prepared = together(title, text)
        tone = self._polarity.tone(prepared)
        counties = self._places.named(prepared)
        return Score(
            relevance=self._relevance.judge(prepared),
            label=tone.label,
            probabilities=tone.probabilities,
            confident=tone.confident,
            issues=self._issues.tags(prepared, tone.label),
            counties=counties,
            county=counties[0] if len(counties) == 1 else None,
            why=tone.why,
            model=self.model,
        )
