import hashlib
from pathlib import Path

import pytest

from domain.errors import ConfigError
from sentiment.linear import Linear
from sentiment.weights import FILE, MODEL, PIN, load_weights, save_weights

LINEAR = Linear(bias=(0.1, 0.0, -0.1), bayes=0.5, scale=0.01, temperature=1.0, weights={"券 没": (5, -2, -3)})


def test_weights_come_back_as_they_were_saved(tmp_path: Path) -> None:
    version = save_weights(tmp_path, counts={"券": (3, 0, 1)}, linear=LINEAR)
    loaded = load_weights(tmp_path)
    assert loaded.linear == LINEAR
    assert loaded.version == version
    assert list(loaded.bayes.words) == ["券"]


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    save_weights(tmp_path, counts={"券": (3, 0, 1)}, linear=LINEAR)
    (tmp_path / FILE).write_bytes((tmp_path / FILE).read_bytes().replace(b"0.5", b"0.6"))
    with pytest.raises(ConfigError, match="pinned"):
        load_weights(tmp_path)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\x80\x04N.", b'{"format":2}'])
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
