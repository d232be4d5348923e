"""How often the issue tagger is right, on sets that name an issue per post."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from domain.issues import ISSUES
from sentiment.evaluate import Row
from sentiment.features import features
from sentiment.issue_model import NONE
from sentiment.issues import IssueTagger
from sentiment.polarity import Polarity, cut, together
from sentiment.stance import Stance
from sentiment.weights import Weights

# Coarser names of the composed development set; a category of ours is right under the name that holds it.
_COARSE = {
    "抢不到": ("grab_fail",),
    "系统崩溃": ("system_crash",),
    "核销失败/门店拒收": ("redeem_fail", "merchant_refusal"),
    "商家涨价": ("price_gouging",),
    "套现黄牛": ("scalper", "cash_out"),
    "地域限制": ("geo_limit",),
    "退券退款": ("refund",),
    "规则看不懂/老年人": ("digital_divide", "publicity"),
    "名额少/不公平": ("fairness_fund",),
    "宣传咨询": ("consult",),
    "好评/省钱": ("praise",),
    "none": (NONE,),
}
_COARSE["其他"] = (NONE, *(issue for issue in ISSUES if not any(issue in held for held in _COARSE.values())))


class Tags:
    """The tags of one post at a time, as the scorer gives them to it in a batch."""

    def __init__(self, weights: Weights) -> None:
        self._polarity, self._model = Polarity(weights), weights.issues
        self._tagger, self._stance = IssueTagger(weights.issues), Stance()

    def of(self, text: str) -> tuple[str, ...]:
        prepared = together("", text)
        words = cut(prepared)
        found = features(words, self._stance.features(prepared))
        tone = self._polarity.tone(words, found)
        leanings = self._model.leanings(found, tone.probabilities) if self._model and words else None
        return self._tagger.tags(prepared, tone.label, leanings=leanings)


def issue_figures(rows: Sequence[Row], weights: Weights) -> dict[str, Any] | None:
    """n, accuracy of the first tag, share of posts with the right one among their tags, untagged; by_issue and by_hard:
    [right, posts]; instead: how often which tag stood in an issue's place. None for a set that names no issues.
    """
    if not rows or "issue" not in rows[0]:
        return None
    tags_of = Tags(weights).of
    judged = [(row, tags_of(row["text"]), _wanted(row["issue"])) for row in rows]
    first = [_right(tags[:1], wanted) for _, tags, wanted in judged]
    return {
        "n": len(rows),
        "accuracy": sum(first) / len(rows),
        "among": sum(_right(tags, wanted) for _, tags, wanted in judged) / len(rows),
        "untagged": sum(not tags for _, tags, _ in judged),
        "by_issue": _shares([row["issue"] for row in rows], first),
        "by_hard": _shares([row.get("hard") or "" for row in rows], first),
        "instead": dict(sorted(Counter(_wrong(judged, first)).items())),
    }


def _wrong(
    judged: Sequence[tuple[Row, Sequence[str], Sequence[str]]], first: Sequence[bool]
) -> Iterable[str]:
    for (row, tags, _), right in zip(judged, first, strict=True):
        if not right:
            yield f"{row['issue']}>{tags[0] if tags else NONE}"


def _wanted(issue: str) -> tuple[str, ...]:
    return _COARSE.get(issue, (issue,))


def _right(tags: Sequence[str], wanted: Sequence[str]) -> bool:
    return any(tag in wanted for tag in tags or (NONE,))


def _shares(names: Sequence[str], right: Sequence[bool]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for name, hit in zip(names, right, strict=True):
        share = found.setdefault(name, [0, 0])
        share[0] += hit
        share[1] += 1
    return {name: found[name] for name in sorted(found) if name}
