from pathlib import Path

import pytest

from domain.errors import ConfigError
from sentiment.linear import Linear, pack
from sentiment.talk import Talk
from sentiment.versions import ISSUES_RIGHT, SHIPPED, model_in_use, no_worse, use, versions
from sentiment.weights import FILE, MODEL, PIN, save_weights


def made(folder: Path, bias: float) -> str:
    linear = Linear(
        bias=(bias, 0.0, -bias),
        bayes=1.0,
        scale=0.1,
        terms={"券": pack(1, 2)},
        runs={},
        temperature=1.0,
        voucher_temperature=1.0,
    )
    talk = Talk(bias=0.0, scale=1.0, terms={}, runs={})
    version = save_weights(folder / "new", counts={"券": (1, 2, 3)}, linear=linear, talk=talk)
    (folder / "new").rename(folder / version)
    return version


def test_without_a_choice_the_shipped_model_is_in_use(tmp_path: Path) -> None:
    assert model_in_use(tmp_path / "none") == MODEL
    assert [(v.name, v.in_use) for v in versions(tmp_path / "none")] == [(SHIPPED, True)]


def test_a_model_is_chosen_and_rolled_back(tmp_path: Path) -> None:
    first, second = made(tmp_path, 0.1), made(tmp_path, 0.2)
    use(tmp_path, first)
    use(tmp_path, second)
    assert model_in_use(tmp_path) == tmp_path / second
    use(tmp_path, first)
    assert {v.name: v.in_use for v in versions(tmp_path)} == {SHIPPED: False, first: True, second: False}
    use(tmp_path, SHIPPED)
    assert model_in_use(tmp_path) == MODEL


def test_weights_exchanged_after_the_choice_are_refused(tmp_path: Path) -> None:
    first, second = made(tmp_path, 0.1), made(tmp_path, 0.2)
    use(tmp_path, first)
    for name in (FILE, PIN):
        (tmp_path / first / name).write_bytes((tmp_path / second / name).read_bytes())
    with pytest.raises(ConfigError, match="not the weights that were chosen"):
        model_in_use(tmp_path)


def test_only_a_model_that_is_there_and_whole_is_chosen(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is none"):
        use(tmp_path, "12345678")
    broken = made(tmp_path, 0.1)
    (tmp_path / broken / FILE).write_text("{}")
    with pytest.raises(ConfigError, match="pinned"):
        use(tmp_path, broken)
    assert model_in_use(tmp_path) == MODEL


@pytest.mark.parametrize(
    ("new", "accepted"),
    [
        ({"a": 0.80, "b": 0.70}, True),
        ({"a": 0.79, "b": 0.72}, True),
        ({"a": 0.79, "b": 0.70}, False),
        ({"a": 0.77, "b": 0.90}, False),
    ],
)
def test_a_new_model_must_be_no_worse(new: dict[str, float], accepted: bool) -> None:
    old = {"a": {"macro_f1": 0.80}, "b": {"macro_f1": 0.70}}
    assert no_worse(old, {name: {"macro_f1": value} for name, value in new.items()}) is accepted


@pytest.mark.parametrize(("right", "accepted"), [(0.7, True), (0.685, True), (0.6, False)])
def test_a_new_model_must_not_know_issues_less(right: float, accepted: bool) -> None:
    old, new = ({"a": {"macro_f1": 0.8, ISSUES_RIGHT: known}} for known in (0.7, right))
    assert no_worse(old, new) is accepted


def test_without_a_frozen_set_nothing_is_accepted() -> None:
    with pytest.raises(ConfigError, match="no frozen set"):
        no_worse({}, {"a": {"macro_f1": 1.0}})
