import hashlib
from pathlib import Path

import pytest

from domain.errors import ConfigError
from sentiment.issue_model import NONE, IssueModel, issue_model, issue_part
from sentiment.linear import Linear, pack, unpack
from sentiment.talk import Talk
from sentiment.weights import FILE, MODEL, PIN, load_weights, read_weights, save_weights

LINEAR = Linear(
    bias=(0.1, 0.0, -0.1),
    bayes=0.5,
    scale=0.01,
    temperature=1.0,
    voucher_temperature=0.7,
    terms={"券 没": pack(-2, -3), "~praise": pack(-300, 900)},
    runs={"没抢": pack(0, -127)},
)
TALK = Talk(bias=0.5, scale=0.1, terms={"政府": 3}, runs={"淘宝": -4})
ISSUES = IssueModel(
    classes=("refund", NONE),
    bias=(0.5, -0.5),
    listed=2.0,
    scale=0.01,
    heard=0.5,
    lifts=((1.5, 1.0, 0.5), (0.5, 1.0, 1.5)),
    least=(0.2, 0.3),
    terms={"退货": 0, "~!": 1},
    runs={"退": 2},
    weights=bytes([127, 129, 1, 255, 3, 0]),  # 127, -127, 1, -1, 3, 0
)


def test_weights_come_back_as_they_were_saved(tmp_path: Path) -> None:
    version = save_weights(tmp_path, counts={"券": (3, 0, 1)}, linear=LINEAR, talk=TALK, issues=ISSUES)
    loaded = load_weights(tmp_path)
    assert (loaded.linear, loaded.talk, loaded.issues) == (LINEAR, TALK, ISSUES)
    assert loaded.version == version
    assert list(loaded.bayes.words) == ["券"]


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    save_weights(tmp_path, counts={"券": (3, 0, 1)}, linear=LINEAR, talk=TALK)
    (tmp_path / FILE).write_bytes((tmp_path / FILE).read_bytes().replace(b"0.5", b"0.6"))
    with pytest.raises(ConfigError, match="pinned"):
        load_weights(tmp_path)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\x80\x04N.", b'{"format":1}', b'{"format":2}'])
def test_a_file_of_another_form_is_refused_even_when_pinned(tmp_path: Path, body: bytes) -> None:
    (tmp_path / FILE).write_bytes(body)
    (tmp_path / PIN).write_text(hashlib.sha256(body).hexdigest())
    with pytest.raises(ConfigError, match="not a weights file"):
        load_weights(tmp_path)


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_weights(tmp_path)


def test_the_shipped_weights_are_small() -> None:
    assert (MODEL / FILE).stat().st_size <= 3_000_000


@pytest.mark.parametrize("pair", [(0, 0), (127, -127), (-127, 127), (-5, -6), (900_000, -900_000)])
def test_two_numbers_in_one_come_apart_again_also_when_summed(pair: tuple[int, int]) -> None:
    neu, pos = pair
    assert unpack(pack(neu, pos)) == (-neu - pos, neu, pos)
    assert unpack(pack(neu, pos) + pack(-40, 70)) == (-neu - pos - 30, neu - 40, pos + 70)


def test_posts_that_speak_of_vouchers_have_a_temperature_of_their_own(tmp_path: Path) -> None:
    save_weights(tmp_path, counts={"券": (3, 0, 1)}, linear=LINEAR, talk=TALK)
    linear = load_weights(tmp_path).linear
    assert [linear.heat(words) for words in (["消费券", "好"], ["好"], [])] == [0.7, 1.0, 1.0]


def test_a_model_of_before_issues_were_learnt_is_read(tmp_path: Path) -> None:
    """As deployments have trained them."""
    save_weights(tmp_path, counts={"券": (3, 0, 1)}, linear=LINEAR, talk=TALK)
    body = (tmp_path / FILE).read_bytes().replace(b',"issues":null', b"")
    assert read_weights(body, hashlib.sha256(body).hexdigest(), FILE).issues is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("classes", ["refund", "weather"]),
        ("classes", ["refund"]),
        ("bias", [1.0]),
        ("lifts", [[1, 1, 0], [1, 1, 1]]),
        ("weights", "AAAA"),
        ("weights", "not base64"),
        ("listed", None),
    ],
)
def test_an_issue_model_of_another_form_is_refused(name: str, value: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        issue_model(issue_part(ISSUES) | {name: value})


def test_a_model_of_one_temperature_keeps_it_for_all_posts(tmp_path: Path) -> None:
    """As deployments have trained them."""
    save_weights(tmp_path, counts={"券": (3, 0, 1)}, linear=LINEAR, talk=TALK)
    body = (tmp_path / FILE).read_bytes().replace(b',"voucher_temperature":0.7', b"")
    linear = read_weights(body, hashlib.sha256(body).hexdigest(), FILE).linear
    assert linear.heat(["消费券"]) == linear.heat(["好"]) == 1.0
