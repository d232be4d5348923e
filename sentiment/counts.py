"""Training snownlp's Bayes on jieba's words. Only the trainer imports this: snownlp's package is heavy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from snownlp.classification.bayes import Bayes

from domain.records import Label
from sentiment.bayes import LABELS


def count(
    rows: Iterable[tuple[Sequence[str], Label, int]], *, min_rows: int
) -> dict[str, tuple[int, int, int]]:
    """`rows`: words, label, times it is shown. How often snownlp's Bayes saw each word per class; words of fewer than
    `min_rows` rows are left out, however often these are shown.
    """
    shown = list(rows)
    bayes = Bayes()
    bayes.train([(words, label.value) for words, label, times in shown for _ in range(times)])
    rows_with = Counter(word for words, *_ in shown for word in set(words))
    kept = sorted(word for word, n in rows_with.items() if n >= min_rows)
    neg, neu, pos = ([_seen(bayes, label, word) for word in kept] for label in LABELS)
    return dict(zip(kept, zip(neg, neu, pos, strict=True), strict=True))


def _seen(bayes: Bayes, label: Label, word: str) -> int:
    """snownlp's AddOneProb holds one more than it saw."""
    table = bayes.d.get(label.value)
    return table.d[word] - 1 if table is not None and word in table.d else 0
