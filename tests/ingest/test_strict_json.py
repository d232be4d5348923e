from __future__ import annotations

import pytest

from ingest import strict_json


@pytest.mark.parametrize(
    "text",
    ['{"a": NaN}', "[Infinity]", "[-Infinity]", "[1e400]", '{"a": 1, "a": 2}', "[" * 100_000, '{"a": 1', "<html>", "",
     "1" * 5_000, "[1,]"],
)  # fmt: skip
def test_what_the_standard_does_not_allow_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        strict_json.loads(text)


def test_everything_else_is_read() -> None:
    assert strict_json.loads('{"a": [1, 2.5, "消费", null, true, -3e2]}') == {
        "a": [1, 2.5, "消费", None, True, -300.0]
    }
