"""A post -> relevance, polarity with its reasons, issues, county. Knows no database and does not look at the clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from domain.campaign import Campaign
from domain.records import Relevance, Score
from sentiment.batch import BatchReader, Reading
from sentiment.issues import IssueTagger
from sentiment.phrases import PhraseLists
from sentiment.places import CountyNames
from sentiment.polarity import cut, together
from sentiment.relevance import RelevanceFilter
from sentiment.stance import Stance
from sentiment.weights import Weights, load_weights
from sentiment.words import dictionary_version

Unscored = tuple[str, str, str | None]
"""Title, text, the feed's own county."""

_AT_ONCE = 500


class Scorer:
    """Scores posts of one campaign; takes about a second to build. Threads may share one."""

    def __init__(
        self, campaign: Campaign, weights: Weights | None = None, merchants: Mapping[str, str] | None = None
    ) -> None:
        """`merchants`: shop -> county code. Raises ConfigError for a bad weights file or word dictionary."""
        weights = weights or load_weights()
        self.reader = BatchReader(weights)
        self.model = weights.version
        self._issues = IssueTagger(weights.issues and weights.issues.bare)
        del weights  # before jieba's dictionary is read, which then takes the room they had
        self.model += f"+{dictionary_version()}"
        self._stance = Stance()
        self._relevance = RelevanceFilter(campaign)
        self._places = CountyNames(campaign, merchants)
        self._lists = PhraseLists(
            self._stance.phrases,
            self._relevance.phrases,
            self._issues.phrases,
            self._issues.parts,
            self._places.phrases,
            self._places.shops,
        )

    def score(self, title: str, text: str, county: str | None = None) -> Score:
        """Never raises for a str. Only the first 2,000 characters count. `county`: the feed's own."""
        return self._scores([(title, text, county)])[0]

    def score_batch(self, posts: Iterable[Unscored]) -> list[Score]:
        """The same posts give the same scores, whoever scores them and beside whatever else."""
        every, found = iter(posts), list[Score]()
        while some := list(islice(every, _AT_ONCE)):
            found += self._scores(some)
        return found

    def _scores(self, posts: Sequence[Unscored]) -> list[Score]:
        """Stage by stage: a stage's tables then lie in the processor's cache for all its posts."""
        prepared = [together(title, text) for title, text, _ in posts]
        words = [cut(text) for text in prepared]
        found = [self._lists.found(text) for text in prepared]
        stance = [
            self._stance.features(text, lists[0]) if some else ()
            for text, some, lists in zip(prepared, words, found, strict=True)
        ]
        readings = self.reader.read(words, stance)
        return [
            self._score(text, county, lists, reading)
            for text, (_, _, county), lists, reading in zip(prepared, posts, found, readings, strict=True)
        ]

    def _score(self, prepared: str, county: str | None, found: list[list[str]], reading: Reading) -> Score:
        _, cues, phrases, parts, names, shops = found
        tone = reading.tone
        place = self._places.place(prepared, county, (names, shops))
        relevance = self._relevance.judge(prepared, reading.talk, cues)
        # the issue model knows no shops: every 满减 would be a question to it
        leanings = None if relevance is Relevance.COMMERCE else reading.issues
        return Score(
            relevance=relevance,
            label=tone.label,
            probabilities=tone.probabilities,
            confident=tone.confident,
            issues=self._issues.tags(prepared, tone.label, (phrases, parts), leanings),
            counties=place.counties,
            county=place.county,
            placed_by=place.by,
            why=tone.why,
            model=self.model,
        )


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
