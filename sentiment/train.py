"""Train a model from labelled sets, measure it, write weights and model card.

`quanqing train` does this into the data folder; `python -m sentiment.train --data DIR` remakes the shipped model.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

from sentiment.bayes import Triple
from sentiment.calibrate import Trained, train_tone
from sentiment.card import Card, write_card
from sentiment.cross import leave_one_out, relevance_folds, whole
from sentiment.evaluate import Row, read_sets, talk_of
from sentiment.features import Features
from sentiment.issue_learning import fit_issues
from sentiment.issue_posts import Blind, told_issues
from sentiment.learn import Settings, fit_talk
from sentiment.polarity import Polarity
from sentiment.samples import CORRECTED, Reader, sources
from sentiment.weights import MODEL, load_weights, save_weights


def train(
    data_dir: Path,
    out_dir: Path = MODEL,
    settings: Settings | None = None,
    *,
    corrections: Iterable[Row] = (),
    cross: bool = True,
) -> str:
    """Read every set of `data_dir`, write weights, pin and card to `out_dir`. Returns the version.

    A set is a table with columns text and label (neg, neu, pos, or neg and pos alone). Sets named `*_eval*` and
    `*_dev*` are measured and their tones never learnt. A set with a column relevance (gov, commerce) teaches and
    measures the relevance filter. `corrections`: rows with text and label, as people at the desk set them; each weighs
    as six others; where they have a relevance too, and speak of vouchers, they teach the filter; where they have issues
    (ids joined by commas, empty: of no category), these are learnt. `cross`: measure on sources left out, too; three
    more fits. Deterministic: the same files give the same bytes on the same machine and packages. Raises ConfigError.
    """
    settings = settings or Settings()
    reader = Reader()
    sets, titles = read_sets(data_dir)
    judged = list(corrections)
    corrected = [row for row in judged if row["label"]]
    learnt = sources(reader, sets, corrected, patterns=settings.pattern_posts, step=settings.composed_step)
    trained = train_tone(learnt, settings)
    tone = trained.tone
    talk = fit_talk(reader, [*titles, *talk_of(judged)], settings)
    issues = fit_issues(told_issues(reader, judged, _blind(trained), settings), settings)
    version = save_weights(out_dir, counts=tone.counts, linear=tone.linear, talk=talk, issues=issues.model)
    if corrected:
        sets = {**sets, CORRECTED: corrected}
    card = Card(
        weights=load_weights(out_dir),
        learnt=learnt,
        trained=trained,
        issues=issues,
        sets=sets,
        left_out=leave_one_out(learnt, sets, settings) if cross else {},
        relevance=relevance_folds(reader, titles, settings) if cross and titles else None,
        titles=len(titles),
    )
    write_card(out_dir, card)
    return version


def _blind(trained: Trained) -> Blind:
    """Of posts that taught the tone, what the fits say that did not see them; of others the model itself."""
    polarity = Polarity(whole(trained.tone))

    def tone_of(found: Features) -> Triple | None:
        return trained.blind.get(tuple(found.words)) or polarity.tone(found.words, found).probabilities

    return tone_of


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="train the sentiment model on labelled sets")
    parser.add_argument("--data", type=Path, required=True, help="folder of .tsv or .tsv.gz: text, label")
    parser.add_argument("--out", type=Path, default=MODEL, help="where the weights go")
    parser.add_argument("--quick", action="store_true", help="without the sources left out")
    arguments = parser.parse_args(argv)
    train(arguments.data, arguments.out, cross=not arguments.quick)


if __name__ == "__main__":
    main()
