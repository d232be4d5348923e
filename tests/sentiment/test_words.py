import marshal
import subprocess
import sys
import tempfile
import unicodedata
from pathlib import Path

import jieba
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.errors import ConfigError
from domain.text import clean_text
from sentiment.words import (
    _MENTION,
    _RUN,
    _URL,
    MAX_CHARS,
    Words,
    campaign_words,
    enough_han,
    prepare,
    read_list,
)

HUGE_TUPLE = b"(\xff\xff\xff\x7f"  # five bytes that make jieba's own loader hang for a minute
PLANTED = {
    "wrong type": marshal.dumps("no dictionary"),
    "empty dictionary": marshal.dumps(({}, 0)),
    "planted frequencies": marshal.dumps(({"费": 1, "券": 9_000_000, "消费": 9_000_000}, 18_000_001)),
    "truncated": marshal.dumps(({"消费": 3}, 3))[:-4],
    "empty file": b"",
    "huge tuple": HUGE_TUPLE,
    "no marshal at all": b"\x00" * 4096,
    "negative total": marshal.dumps(({"消费": 3, "券": 3}, -1)),
}


def test_the_campaign_words_are_cut_as_one() -> None:
    assert campaign_words().cut("消费券抢不到，核销失败") == ["消费券", "抢不到", "，", "核销失败"]


@pytest.mark.parametrize("name", PLANTED)
def test_a_cache_planted_in_the_temp_folder_changes_nothing(name: str, tmp_path: Path) -> None:
    """In a fresh process, with the planted file exactly where jieba looks for its cache."""
    (tmp_path / "jieba.cache").write_bytes(PLANTED[name])
    code = (
        "import tempfile; from sentiment.words import Words, read_list;"
        "print(tempfile.gettempdir());"
        "print('/'.join(Words(read_list('campaign.txt')).cut('市民抢不到消费券')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"TMPDIR": str(tmp_path), "PYTHONIOENCODING": "utf-8"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=30,
        check=True,
    )
    assert done.stdout.split() == [str(tmp_path), "市民/抢不到/消费券"]
    assert (tmp_path / "jieba.cache").read_bytes() == PLANTED[name]


def test_building_leaves_no_cache_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    Words(read_list("campaign.txt")).cut("市民抢不到消费券")
    assert list(tmp_path.iterdir()) == []


def test_a_dictionary_that_cuts_the_known_sentence_otherwise_is_refused() -> None:
    with pytest.raises(ConfigError, match="known sentence"):
        Words(())


def test_the_process_wide_jieba_is_left_alone() -> None:
    campaign_words()
    assert "云闪付" not in jieba.dt.FREQ


@pytest.mark.parametrize("wrong", [None, b"\xe6\xb6\x88", 5, ["消费券"]])
def test_only_text_is_taken(wrong: object) -> None:
    with pytest.raises(TypeError, match="must be str"):
        prepare(wrong)  # type: ignore[arg-type]


def test_addresses_mentions_and_long_runs_go_before_cutting() -> None:
    assert prepare("哈哈哈哈哈哈 看 https://a.example/b?c=1，@某人 Ｏｋ").split() == [
        "哈哈哈",
        "看",
        ",",
        "ok",
    ]


def test_a_scored_unit_is_capped() -> None:
    assert len(prepare("消费券很好" * 100_000)) == MAX_CHARS


@pytest.mark.parametrize(("text", "enough"), [("", False), ("好", False), ("好 a 券", True), ("👍ok", False)])
def test_two_chinese_characters_are_the_least_evidence(text: str, enough: bool) -> None:
    assert enough_han(text) is enough


def spelled_out(text: str) -> str:
    """`prepare` without its short cuts."""
    text = clean_text("\n" + text[:MAX_CHARS])  # a line break: not the short way through that either
    text = _URL.sub(" ", text)
    text = _MENTION.sub(" ", unicodedata.normalize("NFKC", text).lower())
    return _RUN.sub(r"\1\1\1", text)[:MAX_CHARS].strip()


@given(
    st.text(
        alphabet=st.one_of(
            st.characters(),
            st.sampled_from("抢券，！？：；（）。～１ａ哈哈哈@.:/wW  \n\t<\u0338e\u0301\uf900"),
        )
    )
)
@example("，\u0338！\u0301")
@example("看HTTPS://a.cn/抢WWW.B.com,好  @用户 ＠甲 哈哈哈哈哈\r\n\r\n\u200b券")
@settings(max_examples=400, deadline=None)
def test_short_cuts_change_nothing(text: str) -> None:
    assert prepare(text) == spelled_out(text)
