from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.campaign import Campaign
from domain.records import Score
from sentiment.composed import ISSUE_POSTS, SEED_POSTS, composed_posts
from sentiment.features import features
from sentiment.issue_figures import Tags
from sentiment.polarity import Polarity, Tone, cut, together
from sentiment.samples import pattern_posts, talk_posts
from sentiment.score import Scorer
from sentiment.stance import Stance
from sentiment.weights import load_weights

COMPOSED = [post.text for name in (SEED_POSTS, ISSUE_POSTS) for post in composed_posts(name)]
COMPOSED += [text for text, _ in (*talk_posts(), *pattern_posts(1_000))]
ODD = [
    "",
    "👍",
    "好",
    "~~ 抢~到",
    "没抢到没抢到没抢到没抢到",
    "哈\n哈 哈哈哈哈",
    "𠮷野家的券",
    "券" * 3_000,
    "a b 消费券 a b 消费券",
]


@pytest.fixture(scope="module")
def scorer(campaign: Campaign) -> Scorer:
    return Scorer(campaign)


@pytest.fixture(scope="module")
def polarity() -> Polarity:
    return Polarity(load_weights())


def differing(scores: Sequence[Score], tones: Sequence[Tone]) -> list[int]:
    """Where a batch says something else of the tone than is said of the post alone."""
    return [
        i
        for i, (score, tone) in enumerate(zip(scores, tones, strict=True))
        if (score.label, score.confident) != (tone.label, tone.confident)
        or (score.probabilities or ()) != pytest.approx(tone.probabilities or (), abs=1e-9)
        or [abs(w) for _, w in score.why] != pytest.approx([abs(w) for _, w in tone.why], abs=2e-3)
    ]


def test_a_batch_says_of_every_post_what_is_said_of_it_alone(scorer: Scorer, polarity: Polarity) -> None:
    texts = [*COMPOSED, *ODD]
    scores = scorer.score_batch([("", text, None) for text in texts])
    assert differing(scores, [polarity.score("", text) for text in texts]) == []
    assert scores[::97] == [scorer.score("", text) for text in texts[::97]]


@given(texts=st.lists(st.text(alphabet="消费券没抢到很好太坑了退人~ ab!?，\n𠮷", max_size=30), max_size=5))
@settings(max_examples=150, deadline=None)
def test_any_batch_does(scorer: Scorer, polarity: Polarity, texts: list[str]) -> None:
    scores = scorer.score_batch([("", text, None) for text in texts])
    assert differing(scores, [polarity.score("", text) for text in texts]) == []


def test_the_issues_of_a_batch_are_the_issues_of_its_posts(scorer: Scorer) -> None:
    tags_of = Tags(load_weights()).of
    texts = [*COMPOSED[::5], *ODD]
    scores = scorer.score_batch([("", text, None) for text in texts])
    told = [(text, score) for text, score in zip(texts, scores, strict=True) if score.relevance != "commerce"]
    assert [score.issues for _, score in told] == [tags_of(text) for text, _ in told]


def test_shop_advertising_is_tagged_by_the_word_list_alone(scorer: Scorer) -> None:
    score = scorer.score("", "天猫旗舰店限时领消费券，满300减50，直播间下单")
    assert (score.relevance, score.issues) == ("commerce", ())


def test_the_talk_of_a_batch_is_the_talk_of_its_posts(scorer: Scorer) -> None:
    talk, stance = load_weights().talk, Stance()
    words = [cut(together("", text)) for text in (*COMPOSED, *ODD)]
    told = [
        stance.features(together("", text)) if w else []
        for text, w in zip((*COMPOSED, *ODD), words, strict=True)
    ]
    found = scorer.reader.read(words, told)
    alone = [talk.logit(features(w, s)) if w else None for w, s in zip(words, told, strict=True)]
    assert [reading.talk for reading in found] == pytest.approx(alone, abs=1e-9)
