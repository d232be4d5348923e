from hypothesis import given
from hypothesis import strategies as st

from sentiment.phrases import PhraseLists, Phrases

LETTERS = st.text(alphabet="没抢到券", min_size=1, max_size=4)


def test_the_longer_phrase_wins_and_hits_do_not_overlap() -> None:
    assert Phrases(["抢到", "没抢到", "券"]).found("没抢到券，抢到券") == ["没抢到", "券", "抢到", "券"]


def test_nothing_is_found_in_nothing() -> None:
    assert Phrases([]).found("券") == []
    assert Phrases(["券"]).found("") == []


@given(
    lists=st.lists(st.lists(LETTERS, max_size=8), max_size=4),
    texts=st.lists(st.text(alphabet="没抢到券，\n𠮷", max_size=30), max_size=4),
)
def test_several_lists_find_in_one_pass_what_each_finds_alone(
    lists: list[list[str]], texts: list[str]
) -> None:
    alone = [Phrases(phrases) for phrases in lists]
    assert PhraseLists(*alone).found(texts) == [[own.found(text) for own in alone] for text in texts]
