"""How often the issue tagger is right, on sets that name an issue per post."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from domain.records import Label
from sentiment.evaluate import Row
from sentiment.issues import IssueTagger
from sentiment.polarity import Polarity, together

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
    "其他": (),
    "none": (),
}


def issue_figures(rows: Sequence[Row], polarity: Polarity) -> dict[str, Any] | None:
    """n, accuracy of the first tag, share of posts with the right one among their tags, untagged; by_issue and by_hard:
    [right, posts]. A post of no category is right without a tag. None for a set that names no issues.
    """
    if not rows or "issue" not in rows[0]:
        return None
    tagger = IssueTagger()
    judged = [(row, _tags(tagger, polarity, row["text"]), _wanted(row["issue"])) for row in rows]
    first = [_right(tags[:1], wanted) for _, tags, wanted in judged]
    return {
        "n": len(rows),
        "accuracy": sum(first) / len(rows),
        "among": sum(_right(tags, wanted) for _, tags, wanted in judged) / len(rows),
        "untagged": sum(not tags for _, tags, _ in judged),
        "by_issue": _shares([row["issue"] for row in rows], first),
        "by_hard": _shares([row.get("hard") or "" for row in rows], first),
    }


def _wanted(issue: str) -> tuple[str, ...]:
    return _COARSE.get(issue, (issue,))


def _tags(tagger: IssueTagger, polarity: Polarity, text: str) -> tuple[str, ...]:
    label: Label | None = polarity.score("", text).label
    return tagger.tags(together("", text), label)


def _right(tags: Sequence[str], wanted: Sequence[str]) -> bool:
    return any(tag in wanted for tag in tags) if wanted else not tags


def _shares(names: Sequence[str], right: Sequence[bool]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for name, hit in zip(names, right, strict=True):
        share = found.setdefault(name, [0, 0])
        share[0] += hit
        share[1] += 1
    return {name: found[name] for name in sorted(found) if name}


def issue_lines(figures: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The tables of the model card, by set."""
    lines: list[str] = []
    for name, found in figures.items():
        lines += [
            f"### {name}: issue categories",
            "",
            f"{found['n']} posts: first tag right {found['accuracy']:.3f}, right one among the tags",
            f"{found['among']:.3f}, {found['untagged']} without a tag. By the word list `lexicon/issues.txt` and the",
            "tone. Nothing is learnt, since no public set names issues: there are the taxonomy's own phrases and these",
            "posts, and posts that measure must not teach. A naive Bayes over the taxonomy's phrases, asked where no",
            "word of the list stood, did not help; nor did 240 further phrases, written from the taxonomy without a",
            "look at these posts: half as many words again found none of the untagged. It takes posts that people have",
            "judged: `/posts/labelling` collects them.",
            "",
            "| kind or category | right | posts |",
            "| --- | --- | --- |",
            *(
                f"| {tag} | {hits} | {n} |"
                for tag, (hits, n) in (found["by_hard"] | found["by_issue"]).items()
            ),
            "",
        ]
    return lines
