"""What the model card says of issues: what was learnt, on batches left out, and on sets that name an issue per post."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sentiment.issue_learning import IssueFit


def learnt_lines(fit: IssueFit) -> list[str]:
    """`fit` measured at least one batch."""
    model = fit.model
    return [
        "## Issue categories, learnt",
        "",
        f"A softmax regression over {len(model.terms):,} words, word pairs and stance marks and {len(model.runs):,}",
        "single and paired characters; what the word list `lexicon/issues.txt` counts and what the tone tells are",
        f"added, with one weight each. {len(model.classes)} classes: the taxonomy's and none.",
        f"Learnt from {fit.posts:,} posts, {fit.corrected} of them corrected at the desk, the others composed for this",
        "project (`seed_posts.tsv`, `seed_issues.tsv`): no public set names issues. The issue is the topic, not the",
        "tone: a question or good news about a topic is the topic's first, praise or a question second; news without a",
        "topic is publicity (`consult`). The first tag is the class of the largest share, praise only where the tone",
        "is not negative; a topic that a phrase of the list names goes before praise, a question, or none. None, and",
        "there is no tag. Further tags need a part of what the first one leaves, set per category where ten posts or",
        "more have it so.",
        "",
        "Chosen and measured on whole batches left out, with the tone of a model that has not learnt the post. A batch",
        "is one register, so that the figure is of a way of writing that was not learnt; all are one author's, who",
        "meant many of them to be hard. Never on the evaluation sets.",
        "",
        "| batch left out | posts | first tag right | by word list and tone alone |",
        "| --- | --- | --- | --- |",
        *_batches(fit),
        "",
        *_further(fit),
    ]


def _batches(fit: IssueFit) -> list[str]:
    lines = [
        f"| {batch} | {posts} | {ours / posts:.2f} | {theirs / posts:.2f} |"
        for batch, (posts, ours, theirs) in sorted(fit.by_batch.items())
    ]
    n, right, listed = (sum(column) for column in zip(*fit.by_batch.values(), strict=True))
    return [*lines, f"| all | {n} | {right / n:.3f} | {listed / n:.3f} |"]


def _further(fit: IssueFit) -> list[str]:
    if fit.further is None:
        return []
    precision, recall = fit.further
    return [f"Further tags there: precision {precision:.2f}, recall {recall:.2f}.", ""]


def issue_lines(figures: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The tables of sets that name an issue per post."""
    lines: list[str] = []
    for name, found in figures.items():
        lines += [
            f"### {name}: issue categories",
            "",
            f"{found['n']} posts: first tag right {found['accuracy']:.3f}, right one among the tags",
            f"{found['among']:.3f}, {found['untagged']} without a tag. Its names are coarser than the taxonomy's;",
            "其他 holds what no other of them does.",
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
