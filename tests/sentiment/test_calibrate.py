"""Probabilities that mean what they say: on made-up logits, and without a look at what they are measured on."""

from random import Random

import pytest

from sentiment.calibrate import _calibration, _held_out
from sentiment.evaluate import calibration_error, chance_error
from sentiment.linear import softmax
from sentiment.samples import PATTERNS, Sample, Source

SEED = 20221028


def overstated(times: float, rows: int) -> list[tuple[tuple[float, float, float], int]]:
    """Logits `times` as large as what they stand for."""
    chance, found = Random(SEED), []
    for _ in range(rows):
        meant = tuple(chance.gauss(0, 1.5) for _ in range(3))
        label = chance.choices(range(3), softmax(meant))[0]
        found.append(((meant[0] * times, meant[1] * times, meant[2] * times), label))
    return found


@pytest.mark.parametrize("times", [0.6, 1.0, 2.0])
def test_the_temperature_undoes_what_is_overstated(times: float) -> None:
    rows = overstated(times, 3_000)
    found = _calibration([rows[0::3], rows[1::3], rows[2::3]], otherwise=1.0)
    assert found.rows == 3_000
    assert found.temperature == pytest.approx(times, abs=0.11 * times)
    assert found.error is not None
    assert found.error < 0.03


def test_without_rows_the_other_temperature_is_kept() -> None:
    found = _calibration([[], [], []], otherwise=0.7)
    assert (found.rows, found.temperature, found.error, found.by_chance) == (0, 0.7, None, None)


def test_few_right_probabilities_come_out_uneven_by_chance_alone() -> None:
    chance = Random(SEED)
    errors = []
    for _ in range(200):
        tops = [(top, chance.random() < top) for top in (chance.uniform(0.5, 1.0) for _ in range(150))]
        errors.append((calibration_error(tops) or 0, chance_error(tops) or 0))
    mean, told = (sum(column) / len(errors) for column in zip(*errors, strict=True))
    assert told == pytest.approx(mean, rel=0.05)
    assert 0.05 < told < 0.08


@pytest.mark.parametrize(
    ("kind", "rows"),
    [({}, 6), ({"composed": True}, 60), ({"two_class": True}, 0), ({"name": PATTERNS, "composed": True}, 0)],
)
def test_every_row_that_may_be_held_out_is_so_once(kind: dict[str, object], rows: int) -> None:
    samples = (Sample(words=("券",), found=None, label=0),) * 60  # type: ignore[arg-type]
    source = Source(**({"name": "x", "samples": samples, "weight": 1.0} | kind))  # type: ignore[arg-type]
    held = [i for fold in range(3) for i in _held_out(source, fold)]
    assert len(held) == len(set(held)) == rows
