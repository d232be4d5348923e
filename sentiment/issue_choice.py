"""The issues of a batch of posts. Equal to `IssueTagger.tags`, which says it one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

import numpy as np

from domain.records import Label
from sentiment.issue_model import NONE, Floats, IssueModel
from sentiment.issues import MAX_ISSUES, NO_TOPIC, PHRASE, PRAISE, Found, IssueTagger
from sentiment.keys import Ints, Mask


class BatchTagger:
    """An `IssueTagger` for batches."""

    def __init__(self, tagger: IssueTagger, model: IssueModel | None) -> None:
        """`model`: None to tag by the word list and the tone alone."""
        self._tagger = tagger
        self._choice = IssueChoice(model) if model else None

    def tags(
        self,
        prepared: Sequence[str],
        labels: Sequence[Label | None],
        found: Sequence[Found],
        leanings: Sequence[Floats | None],
    ) -> list[tuple[str, ...]]:
        """Per post. `leanings`: None where the learnt model has nothing to say."""
        counts = list(map(self._tagger.counts, prepared, found))
        asked = [post for post, own in enumerate(leanings) if own is not None]
        chosen: Iterator[tuple[str, ...]] = iter(())
        if self._choice and asked:
            negative = np.array([labels[post] is Label.NEGATIVE for post in asked])
            own = np.array([leanings[post] for post in asked])
            chosen = iter(self._choice.chosen(own, [counts[post] for post in asked], negative))
        return [
            self._tagger.listed(text, label, count) if own is None else next(chosen)
            for text, label, count, own in zip(prepared, labels, counts, leanings, strict=True)
        ]


class IssueChoice:
    """Holds what the learnt model says of its classes as arrays."""

    def __init__(self, model: IssueModel) -> None:
        self._names, self._listed = model.classes, model.listed
        self._place = {name: place for place, name in enumerate(model.classes)}
        self._least = np.array(model.least)
        self._topic = np.array([name not in NO_TOPIC for name in model.classes])
        self._praise = np.array([name == PRAISE for name in model.classes])

    def chosen(
        self, leanings: Floats, counts: Sequence[Mapping[str, int]], negative: Mask
    ) -> list[tuple[str, ...]]:
        """As `issues.chosen` of `IssueModel.forces`. `leanings`: (posts, classes); `negative`: where the tone is."""
        post = np.repeat(np.arange(len(counts)), [len(own) for own in counts])
        place = np.array([self._place[name] for name in chain.from_iterable(counts)], dtype=np.int64)
        count = np.array([n for own in counts for n in own.values()], dtype=np.int64)
        forces = leanings.copy()
        forces[post, place] *= np.exp(self._listed * np.sqrt(count))
        forces[negative[:, None] & self._praise] = 0
        named = np.zeros(forces.shape, dtype=np.bool_)
        named[post, place] = count >= PHRASE
        main = self._main(forces, named & self._topic)
        return self._tags(main, self._further(forces, main))

    def _main(self, forces: Floats, named: Mask) -> Ints:
        """A topic that a phrase names goes before praise, a question, or nothing at all."""
        main: Ints = forces.argmax(axis=1)
        instead = np.flatnonzero(~self._topic[main] & named.any(axis=1))
        main[instead] = (forces[instead] * named[instead]).argmax(axis=1)
        return main

    def _further(self, forces: Floats, main: Ints) -> Floats:
        """The forces of the classes that have the share they need of what the main one leaves, the others' as 0."""
        none = self._place[NONE]
        left = forces.copy()
        left[np.arange(len(main)), main] = 0
        left[left < self._least * left.sum(axis=1, keepdims=True)] = 0
        left[:, none] = 0
        left[main == none] = 0
        return left

    def _tags(self, main: Ints, further: Floats) -> list[tuple[str, ...]]:
        tags = [[self._names[place]] if self._names[place] != NONE else [] for place in main.tolist()]
        post, place = np.nonzero(further)
        order = np.lexsort((-further[post, place], post))
        for at, name in zip(post[order].tolist(), place[order].tolist(), strict=True):
            tags[at].append(self._names[name])
        return [tuple(names[:MAX_ISSUES]) for names in tags]
