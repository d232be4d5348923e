"""What a set's own habits may not teach: how often a tone occurs there, and how people write there."""

import pytest

from sentiment.bayes import Triple
from sentiment.cross import whole
from sentiment.learn import Settings, fit_tone
from sentiment.polarity import Polarity
from sentiment.samples import Reader, Source

TINY = Settings(steps=20, polish=2, min_rows=1, min_words=1)
READER = Reader()


def source(name: str, posts: dict[str, list[str]], *, composed: bool = False) -> Source:
    rows = [(text, label) for label, texts in posts.items() for text in texts]
    return Source(name=name, samples=READER.samples(rows), weight=1.0, composed=composed)


def tone(text: str, *sources: Source) -> Triple:
    found = Polarity(whole(fit_tone(sources, TINY))).score("", text).probabilities
    assert found is not None
    return found


def test_how_often_a_tone_occurs_in_a_set_is_not_learnt() -> None:
    said = "今天说的话"
    habit = source("own", {"neg": [said] * 40, "neu": [said] * 20, "pos": [said] * 10})
    assert tone(said, habit) == pytest.approx((1 / 3, 1 / 3, 1 / 3), abs=0.01)


def test_how_a_set_that_is_mostly_neutral_writes_is_not_neutral() -> None:
    forum = {"neg": ["楼主很生气"] * 5, "neu": ["楼主在开会"] * 20, "pos": ["楼主很高兴"] * 5}
    street = {"neg": ["街坊很生气"] * 20, "neu": ["街坊在开会"] * 5, "pos": ["街坊很高兴"] * 20}
    neutral = tone("楼主", source("forum", forum), source("street", street))[1]
    assert neutral == pytest.approx(1 / 3, abs=0.1)


def test_a_handful_of_rows_makes_no_class() -> None:
    posts = {"neg": ["不好"] * 100, "neu": ["开会"] * 50, "pos": ["很好"] * 2}
    assert source("own", posts).balance() == [1.0, 2.0, 5.0]
    assert source("own", posts, composed=True).balance() == [1.0, 1.0, 1.0]
