"""What stock SnowNLP would say, exactly and fast: for comparison, never for a label. Needs numpy.

Its score is no confidence (four of five posts are below .1 or above .9), and it says .5 of a text without Chinese.
"""

from __future__ import annotations

import gzip
import marshal
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib.util import find_spec
from math import exp, log
from pathlib import Path
from typing import Any

from domain.errors import ConfigError
from sentiment.legacy_segment import Segmenter

_CHINESE = re.compile("([\u4e00-\u9fa5]+)")
_MEMO = 100_000  # runs whose words are remembered; then all are forgotten


class Legacy:
    """Stock SnowNLP's sentiment. Takes two or three seconds to build, a tenth of its memory to keep."""

    def __init__(self) -> None:
        """Reads the data of the installed package, without importing it. Raises ConfigError where there is none."""
        package = _package()
        self._segmenter = Segmenter(_unpacked(package / "seg" / "seg.marshal.3"))
        stop = (package / "normal" / "stopwords.txt").read_text(encoding="utf-8")
        self._stop = {line.strip() for line in stop.splitlines()}
        raw: dict[str, Any] = marshal.loads(_unpacked(package / "sentiment" / "sentiment.marshal.3"))  # noqa: S302
        self._classes = [_Class(raw["d"][name], raw["total"]) for name in raw["d"]]
        self._names = list(raw["d"])
        self._memo: dict[str, list[str]] = {}

    def scores(self, texts: Sequence[str]) -> list[float | None]:
        """`SnowNLP(text).sentiments` of each, to 1e-9; None where it raises: on an empty text."""
        self._learn({run for text in texts for run in _CHINESE.findall(text)})
        return [self._score(self._words(text)) if text else None for text in texts]

    def _learn(self, runs: Iterable[str]) -> None:
        if len(self._memo) > _MEMO:
            self._memo.clear()
        new = sorted(run for run in runs if run not in self._memo)
        for run, words in zip(new, self._segmenter.cut(new), strict=True):
            self._memo[run] = [word for word in words if word not in self._stop]

    def _words(self, text: str) -> list[str]:
        words: list[str] = []
        for part in _CHINESE.split(text):
            if part in self._memo:
                words += self._memo[part]
            else:
                words += [word for word in part.split() if word not in self._stop]
        return words

    def _score(self, words: Sequence[str]) -> float:
        """snownlp's Bayes.classify, with its order of sums and its way with overflow."""
        joint = [c.log_joint(words) for c in self._classes]
        name, best = "", 0.0
        for own, value in zip(self._names, joint, strict=True):
            try:
                likely = 1 / sum(exp(other - value) for other in joint)
            except OverflowError:
                likely = 0
            if likely > best:
                name, best = own, likely
        return best if name == "pos" else 1 - best


class _Class:
    """One class of snownlp's Bayes with its logarithms taken once."""

    def __init__(self, raw: dict[str, Any], total: float) -> None:
        self._prior = log(raw["total"]) - log(total)
        self._unseen = log(raw["none"] / raw["total"])
        self._logs = {word: log(n / raw["total"]) for word, n in raw["d"].items()}

    def log_joint(self, words: Sequence[str]) -> float:
        value, get, unseen = self._prior, self._logs.get, self._unseen
        for word in words:
            value += get(word, unseen)
        return value


@lru_cache(maxsize=1)
def _legacy() -> Legacy:
    return Legacy()


def legacy_score(text: str) -> float | None:
    """`SnowNLP(text).sentiments`, to 1e-9; None on an empty text. For many texts build a `Legacy` and ask once."""
    return _legacy().scores([text])[0]


def _package() -> Path:
    spec = find_spec("snownlp")
    if spec is None or spec.origin is None:
        raise ConfigError("snownlp is not installed")
    return Path(spec.origin).parent


def _unpacked(path: Path) -> bytes:
    body = path.read_bytes()
    return gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body
