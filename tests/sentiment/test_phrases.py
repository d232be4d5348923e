from sentiment.phrases import Phrases


def test_the_longer_phrase_wins_and_hits_do_not_overlap() -> None:
    assert Phrases(["抢到", "没抢到", "券"]).found("没抢到券，抢到券") == ["没抢到", "券", "抢到", "券"]


def test_nothing_is_found_in_nothing() -> None:
    assert Phrases([]).found("券") == []
    assert Phrases(["券"]).found("") == []
