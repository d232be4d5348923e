import re
from pathlib import Path

import jieba
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentiment.accelerate import SWITCH, accelerator
from sentiment.composed import SEED_POSTS, composed_posts
from sentiment.cutter import Cutter, Run
from sentiment.dictionary import Frequencies, read_dictionary
from sentiment.evaluate import read_rows
from sentiment.samples import pattern_posts, talk_posts
from sentiment.words import Words, prepare, read_list

COMPOSED = Path(__file__).parents[1] / "data" / "sentiment" / "composed.tsv"
HAN = re.compile("[\u4e00-\u9fd5]+")
MIXED = st.text(
    alphabet="的一是不了在人有我他这中大来上个国到说们消费券抢没哈呵呜abAB12.%+# ，。!?\n😀é龘", max_size=60
)


@pytest.fixture(scope="module")
def stock() -> jieba.Tokenizer:
    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    for word in read_list("campaign.txt"):
        tokenizer.add_word(word)
    return tokenizer


def over_our_table() -> tuple[jieba.Tokenizer, Frequencies]:
    """jieba's own arithmetic over our table."""
    ours = jieba.Tokenizer()
    words, ours.total = read_dictionary(ours.get_dict_file())
    ours.FREQ, ours.initialized = words, True
    for word in read_list("campaign.txt"):
        ours.add_word(word)
    return ours, words


def built(runs: Run | None = None) -> Cutter:
    ours, words = over_our_table()
    return Cutter(words.into_logs(ours.total), ours.total, runs)


@pytest.fixture(scope="module")
def cutter() -> Cutter:
    return built()


@pytest.fixture(scope="module")
def accelerated(stock: jieba.Tokenizer) -> Cutter:
    pytest.importorskip("rjieba")
    return built(accelerator({word: stock.FREQ[word] for word in read_list("campaign.txt")}))


@pytest.fixture(scope="module")
def texts() -> list[str]:
    written = [post.text for post in composed_posts(SEED_POSTS)]
    written += [text for text, _ in (*talk_posts(), *pattern_posts(1_000))]
    return [prepare(text) for text in (*written, *(row["text"] for row in read_rows(COMPOSED)))]


def test_every_composed_post_is_cut_as_jieba_cuts_it(
    stock: jieba.Tokenizer, cutter: Cutter, texts: list[str]
) -> None:
    assert len(texts) > 1_000
    assert [cutter.cut(text) for text in texts] == [stock.lcut(text) for text in texts]


@given(text=MIXED)
@settings(max_examples=400, deadline=None)
def test_any_text_is_cut_as_jieba_cuts_it(stock: jieba.Tokenizer, cutter: Cutter, text: str) -> None:
    assert cutter.cut(text) == stock.lcut(text)


def test_rjieba_cuts_chinese_runs_as_jieba_does(stock: jieba.Tokenizer, texts: list[str]) -> None:
    pytest.importorskip("rjieba")
    cut = accelerator({word: stock.FREQ[word] for word in read_list("campaign.txt")})
    assert cut is not None
    runs = sorted({run for text in texts for run in HAN.findall(text)})
    differ = [run for run in runs if cut(run) != stock.lcut(run)]
    assert len(runs) > 1_000
    assert len(differ) <= len(runs) / 1_000, differ  # ties, in about one run of 10,000


def test_an_accelerated_cutter_leaves_mixed_runs_to_jieba(stock: jieba.Tokenizer) -> None:
    asked: list[str] = []

    def run(text: str) -> list[str]:
        asked.append(text)
        return stock.lcut(text)

    assert built(run).cut("领消费券，app崩了") == stock.lcut("领消费券，app崩了")
    assert asked == ["领消费券"]


@given(text=st.text(alphabet="的一是不了消费券抢没哈呵，。!?~\n 😀é龘㐀𠮷鿖ー가", max_size=40))
@settings(max_examples=200, deadline=None)
def test_a_post_that_goes_over_whole_comes_back_as_jieba_cuts_it(
    stock: jieba.Tokenizer, accelerated: Cutter, text: str
) -> None:
    assert [w for w in accelerated.cut(text) if w.strip()] == [w for w in stock.lcut(text) if w.strip()]


def test_the_switch_leaves_rjieba_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SWITCH, "0")
    assert accelerator({}) is None
    assert not Words(read_list("campaign.txt")).accelerated


def test_the_dictionary_is_jieba_s_with_all_beginnings_of_words(stock: jieba.Tokenizer) -> None:
    plain, total = stock.gen_pfdict(stock.get_dict_file())
    words, sum_of_all = read_dictionary(stock.get_dict_file())
    assert sum_of_all == total
    assert {word: words.get(word) for word in plain} == plain
    assert [word for word in ("", "没有这样的词", "㐀") if word in words] == []


def test_words_added_are_as_likely_as_jieba_makes_them(stock: jieba.Tokenizer) -> None:
    added = read_list("campaign.txt")
    ours, words = over_our_table()
    assert [words[word] for word in added] == [stock.FREQ[word] for word in added]
    assert ours.total == stock.total
    assert [word[:n] for word in added for n in range(1, len(word)) if word[:n] not in words] == []
