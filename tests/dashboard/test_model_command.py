import json
from pathlib import Path

import pytest

from dashboard.cli import main

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


@pytest.mark.slow
def test_a_model_is_trained_with_corrections_compared_and_rolled_back(
    sets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corrections = tmp_path / "corrections.tsv"
    corrections.write_text("text\tlabel\n服务太差了吧\tneg\n", encoding="utf-8")
    data = ["--data", str(tmp_path / "var")]
    code = main(["train", str(sets), "--corrections", str(corrections), "--quick", *data])
    made = json.loads(capsys.readouterr().out)
    assert code == (0 if made["in_use"] else 1)
    assert made["in_use"] is (made["after"]["own_eval.tsv"] >= made["before"]["own_eval.tsv"])
    card = (tmp_path / "var" / "models" / made["version"] / "CARD.md").read_text(encoding="utf-8")
    assert "| corrections | 1 | 1 / 0 / 0 | 6 |" in card
    assert main(["model", "use", made["version"], *data]) == 0
    assert chosen(capsys.readouterr().out) == made["version"]
    assert main(["model", "use", "shipped", *data]) == 0
    assert chosen(capsys.readouterr().out) == "shipped"
    assert main(["model", "use", "00000000", *data]) == 2


def test_a_folder_of_sets_is_evaluated_as_a_table(
    sets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(sets), "--data", str(tmp_path / "var")]) == 0
    head, line = capsys.readouterr().out.splitlines()
    assert head.split()[:4] == ["set", "rows", "accuracy", "macro-F1"]
    assert line.split()[:2] == ["own_eval.tsv", "3"]
