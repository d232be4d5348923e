"""The log cannot be written by whoever is in it: one line an entry, nothing in it that a terminal acts on."""

from __future__ import annotations

import io
import json
import logging
import unicodedata
from collections.abc import Iterator

import pytest

from dashboard.logs import LOGGING, Bounded, OneLine
from dashboard.web import SERVE

HOSTILE = (
    "a\n2026-03-02 08:00:00 CRITICAL dashboard: forged",
    'a\r\n{"level": "CRITICAL"}',
    "a\rb",
    "\x1b[2J\x1b[31mred",
    "\x9b31m",  # the same in one character
    "a\x00b\x07\x08\x7f",
    "a\u2028b\u2029c\x85d\x0b\x0ce",  # what other readers take for the end of a line
    "\u202egnp.exe\u2066\u200b\ufeff",
    "\ud800",  # half a character
    "\U000e0041",  # an unseen tag
    '","level":"CRITICAL","x":"',
    "\\n \\u000a",
    "%s %(levelname)s {0} %",
    "核销 😀 正常",
)


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the root logger writes while the test runs, as a deployment writes it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(OneLine())
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_x2_any_text_is_one_line_that_reads_back_as_it_was(written: io.StringIO, hostile: str):
    log = logging.getLogger(f"tests.{hostile}")
    log.warning("about %s", hostile)
    try:
        raise ValueError(hostile)
    except ValueError:
        log.exception("a fault with %s", hostile, stack_info=True)
    text = written.getvalue()
    assert text.count("\n") == 2
    assert text.encode()  # half characters would stop the handler
    for line in text.split("\n")[:2]:
        assert not [c for c in line if unicodedata.category(c)[0] == "C" or c in "\u2028\u2029"]
        assert json.loads(line)["level"] in ("WARNING", "ERROR")
        assert json.loads(line)["logger"] == f"tests.{hostile}"
    plain, fault = map(json.loads, text.splitlines())
    assert plain["message"] == f"about {hostile}"
    assert f"ValueError: {hostile}" in fault["error"]
    assert "test_logs.py" in fault["stack"]


def test_x2_what_strangers_repeat_is_a_handful_of_lines_that_say_how_many():
    stream, log = io.StringIO(), logging.getLogger("tests.flood")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(OneLine())
    handler.addFilter(Bounded())
    log.addHandler(handler)
    try:
        for n in range(5_000):
            log.warning("a message for source %s was refused", f"stranger {n}")
        log.error("something else")
    finally:
        log.removeHandler(handler)
    told = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [entry.get("times") for entry in told] == [None] * 20 + [100, 1_000, None]
    assert told[-1]["message"] == "something else"


def test_x2_every_process_of_ours_writes_so():
    formatter = LOGGING["formatters"]["one line"]["()"]
    assert formatter is OneLine
    assert LOGGING["root"]["handlers"] == ["stderr"]
    assert LOGGING["filters"]["bounded"]["()"] is Bounded
    assert LOGGING["handlers"]["stderr"]["filters"] == ["bounded"]
    assert SERVE["log_config"] is LOGGING
