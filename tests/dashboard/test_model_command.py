import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import pytest

from dashboard.cli import main
from domain.judgement import Judgement
from domain.records import Label, Relevance
from store.engine import open_store, write
from store.migrations import migrate
from store.writes.corrections import correct_post
from tests.store.posts import post, say, score

POSTS = {
    "neg": ["服务太差了", "真让人生气", "等了一天没人理", "骗人的东西", "再也不来了"],
    "neu": ["明天上午开会", "今天是星期三", "请问几点开门", "地址在二楼", "通知已经发布"],
    "pos": ["服务真好", "非常满意", "开心的一天", "味道不错", "下次还来"],
}


@pytest.fixture
def sets(tmp_path: Path) -> Path:
    folder = tmp_path / "sets"
    folder.mkdir()
    rows = [f"{text}{i}\t{label}" for i in range(4) for label, texts in POSTS.items() for text in texts]
    (folder / "own_train.tsv").write_text("text\tlabel\n" + "\n".join(rows), encoding="utf-8")
    (folder / "own_eval.tsv").write_text(
        "text\tlabel\n服务差\tneg\n满意\tpos\n请问几点开会\tneu\n", encoding="utf-8"
    )
    return folder


def chosen(out: str) -> str:
    return next(line.split()[1] for line in out.splitlines() if line.startswith("*"))


def judge(data: Path, texts: Iterable[str], label: Label, now: datetime) -> None:
    """People at the desk judge new posts."""
    engine = open_store(f"sqlite:///{data / 'quanqing.db'}")
    migrate(engine)
    with write(engine) as conn:
        for post_id in say(conn, *((post(hash_of(text), text), score(None)) for text in texts), now=now):
            said = Judgement(relevance=Relevance.CAMPAIGN, label=label, issues=(), county=None)
            correct_post(conn, post_id, said, by="wang", now=now)
    engine.dispose()


def speak_dialect(sets: Path) -> None:
    """Words the shipped model does not know: whoever learns from the set is better on it."""
    said = {"恼火得很": "neg", "安逸惨了": "pos", "在哪坨": "neu"}
    rows = [f"{text}{no}\t{label}" for no in range(20) for text, label in said.items()]
    (sets / "own_train.tsv").write_text("text\tlabel\n" + "\n".join(rows), encoding="utf-8")
    rows = [f"{text}\t{label}" for text, label in said.items()]
    (sets / "own_eval.tsv").write_text("text\tlabel\n" + "\n".join(rows), encoding="utf-8")


def hash_of(text: str) -> int:
    return int.from_bytes(text.encode()[:7])


@pytest.mark.slow
def test_what_people_correct_is_learnt_a_worse_model_is_not_used_and_one_goes_back(
    sets: Path, tmp_path: Path, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "var"
    folder.mkdir()
    speak_dialect(sets)
    told = tmp_path / "corrections.tsv"
    told.write_text("text\tlabel\n服务太差了吧\tneg\n", encoding="utf-8")
    given = ["--quick", "--data", str(folder)]
    judge(folder, ["消费券又崩了", "服务差得没话说"], Label.NEGATIVE, now)
    code = main(["train", str(sets), "--corrections", str(told), *given])
    good = json.loads(capsys.readouterr().out)
    assert (code, good["in_use"]) == (0, True)
    card = (folder / "models" / good["version"] / "CARD.md").read_text(encoding="utf-8")
    assert "| corrections | 3 | 3 / 0 / 0 | 6 |" in card
    assert "2 of them corrected at the desk" in card

    judge(folder, [f"{no}恼火得很{no}" for no in range(10, 90)], Label.POSITIVE, now)  # two words mixed up
    judge(folder, [f"{no}安逸惨了{no}" for no in range(10, 90)], Label.NEGATIVE, now)
    code = main(["train", str(sets), *given])
    bad = json.loads(capsys.readouterr().out)
    assert (code, bad["in_use"]) == (1, False)
    assert bad["after"]["own_eval.tsv"] < bad["before"]["own_eval.tsv"] == good["after"]["own_eval.tsv"]
    assert main(["model", "list", *given[1:]]) == 0
    assert chosen(capsys.readouterr().out) == good["version"]

    assert main(["model", "use", "shipped", *given[1:]]) == 0
    assert chosen(capsys.readouterr().out) == "shipped"
    assert main(["model", "use", "00000000", *given[1:]]) == 2


def test_a_folder_of_sets_is_evaluated_as_a_table(
    sets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(sets), "--data", str(tmp_path / "var")]) == 0
    head, line = capsys.readouterr().out.splitlines()
    assert head.split()[:4] == ["set", "rows", "accuracy", "macro-F1"]
    assert line.split()[:2] == ["own_eval.tsv", "3"]
