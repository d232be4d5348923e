from pathlib import Path

import pytest

from domain.errors import ConfigError
from domain.records import Label
from sentiment.learn import Settings
from sentiment.polarity import Polarity
from sentiment.train import train
from sentiment.weights import load_weights

TINY = Settings(steps=8, polish=2, min_rows=1, min_words=1, pattern_posts=60, composed_step=20)
POSTS = {
    "neg": ["服务太差了", "真让人生气", "等了一天没人理", "骗人的东西", "再也不来了"],
    "neu": ["明天上午开会", "今天是星期三", "请问几点开门", "地址在二楼", "通知已经发布"],
    "pos": ["服务真好", "非常满意", "开心的一天", "味道不错", "下次还来"],
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rows = [f"{text}{i}\t{label}" for i in range(4) for label, texts in POSTS.items() for text in texts]
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "own_train.tsv").write_text("text\tlabel\n" + "\n".join(rows), encoding="utf-8")
    (folder / "own_eval.tsv").write_text("text\tlabel\n服务差\tneg\n满意\tpos\n开会\tneu\n", encoding="utf-8")
    (folder / "two_class.tsv").write_text("text\tlabel\n两类的词\tneg\n好\tpos\n", encoding="utf-8")
    return folder


def test_the_same_sets_give_the_same_bytes(data: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    assert train(data, first, TINY) == train(data, second, TINY)
    for name in ("weights.json", "weights.sha256", "CARD.md"):
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_a_retrained_model_has_learnt_its_sets(data: Path, tmp_path: Path) -> None:
    train(data, tmp_path / "out", TINY)
    polarity = Polarity(load_weights(tmp_path / "out"))
    assert polarity.score("", "服务太差了，真让人生气").label is Label.NEGATIVE
    assert polarity.score("", "非常满意，服务真好").label is Label.POSITIVE


def test_the_card_names_what_was_learnt_and_measures_the_rest(data: Path, tmp_path: Path) -> None:
    train(data, tmp_path / "out", TINY)
    learnt, measured = (tmp_path / "out" / "CARD.md").read_text(encoding="utf-8").split("## Measured")
    assert "own_train.tsv | 60 | 20 / 20 / 20" in learnt
    assert "two_class.tsv | 2 | 1 / 0 / 1 | 0.3 |" in learnt
    assert "two_class" not in measured
    assert "own_eval.tsv | 3 |" in measured


def test_evaluation_sets_are_never_learnt(data: Path, tmp_path: Path) -> None:
    before = train(data, tmp_path / "a", TINY)
    (data / "own_eval.tsv").write_text("text\tlabel\n别的\tneg\n", encoding="utf-8")
    assert train(data, tmp_path / "b", TINY) == before


def test_a_folder_without_a_training_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no training set"):
        train(tmp_path, tmp_path / "out", TINY)
