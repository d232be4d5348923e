"""A post -> relevance, polarity with its reasons, issues, county. Knows no database and does not look at the clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from domain.campaign import Campaign
from domain.records import Relevance, Score
from sentiment.batch import BatchReader, Reading
from sentiment.issue_choice import BatchTagger
from sentiment.issues import IssueTagger
from sentiment.phrases import PhraseLists
from sentiment.places import CountyNames, Place
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
        issues = IssueTagger()
        self._issues = BatchTagger(issues, weights.issues and weights.issues.bare)
        del weights  # before jieba's dictionary is read, which then takes the room they had
        self.model += f"+{dictionary_version()}"
        self._stance = Stance()
        self._relevance = RelevanceFilter(campaign)
        self._places = CountyNames(campaign, merchants)
        self._lists = PhraseLists(
            self._stance.phrases,
            self._relevance.phrases,
            issues.phrases,
            issues.parts,
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
        found = self._lists.found(prepared)
        stance = [
            self._stance.features(text, lists[0]) if some else ()
            for text, some, lists in zip(prepared, words, found, strict=True)
        ]
        readings = self.reader.read(words, stance)
        relevance = [
            self._relevance.judge(text, reading.talk, lists[1])
            for text, lists, reading in zip(prepared, found, readings, strict=True)
        ]
        issues = self._tags(prepared, found, readings, relevance)
        places = [
            self._places.place(text, county, (lists[4], lists[5]), own)
            for text, (_, _, county), lists, own in zip(prepared, posts, found, words, strict=True)
        ]
        return list(map(self._score, relevance, readings, issues, places))

    def _tags(
        self,
        prepared: Sequence[str],
        found: Sequence[list[list[str]]],
        readings: Sequence[Reading],
        relevance: Sequence[Relevance],
    ) -> list[tuple[str, ...]]:
        return self._issues.tags(
            prepared,
            [reading.tone.label for reading in readings],
            [(phrases, parts) for _, _, phrases, parts, _, _ in found],
            # the issue model knows no shops: every 满减 would be a question to it
            [
                None if whose is Relevance.COMMERCE else reading.issues
                for whose, reading in zip(relevance, readings, strict=True)
            ],
        )

    def _score(self, relevance: Relevance, reading: Reading, issues: tuple[str, ...], place: Place) -> Score:
        tone = reading.tone
        return Score(
            relevance=relevance,
            label=tone.label,
            probabilities=tone.probabilities,
            confident=tone.confident,
            issues=issues,
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
