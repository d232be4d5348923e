"""JSON: the whole paper for other machines, money in whole fen."""

from __future__ import annotations

import json

from briefing.paper import Briefing, Section, Table, cited, written
from briefing.reference import address, moment_of
from domain.measures import FIGURES
from domain.terms import local


def render(briefing: Briefing) -> bytes:
    """UTF-8. `cells` are the values (fen, counts, shares), `written` what the other formats show.

    `refs` open their evidence: addresses relative to the site.
    """
    at = briefing.data_time
    document = {
        "kind": briefing.kind,
        "number": briefing.number,
        "title": briefing.title,
        "scope": {"code": briefing.scope.code, "name": briefing.scope.name},
        "as_of": local(briefing.as_of).isoformat(),
        "known_by": local(briefing.known_by).isoformat(),
        "corrects": briefing.corrects,
        "data_time": None if at is None else local(at).isoformat(),
        "tranche": briefing.tranche,
        "grade": briefing.grade,
        "banner": briefing.banner,
        "freeze_id": briefing.freeze_id,
        "ref": address(moment_of(briefing), version=briefing.freeze_id),
        "sections": [_section(s) for s in briefing.sections],
        "facts": [
            {"programme": f.programme, "name": f.name} | {n: getattr(f.figures, n) for n in FIGURES}
            for f in briefing.facts
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8", "replace")


def _section(section: Section) -> dict[str, object]:
    return {
        "heading": section.heading,
        "annex": section.annex or None,
        "sentences": section.sentences,
        "cited": [
            [{"text": text, "ref": ref} for text, ref in cited(sentence) if ref is not None]
            for sentence in section.sentences
        ],
        "figures": [
            {"name": f.name, "cell": f.cell, "written": written(f.kind, f.cell), "ref": f.ref}
            for f in section.figures
        ],
        "tables": [_table(table) for table in section.tables],
    }


def _table(table: Table) -> dict[str, object]:
    return {
        "id": table.id,
        "title": table.title,
        "columns": [{"name": name, "kind": kind} for name, kind in table.columns],
        "rows": [
            {
                "cells": row,
                "written": [written(k, c) for (_, k), c in zip(table.columns, row, strict=True)],
                "refs": [table.ref(n, i) for i in range(len(row))],
            }
            for n, row in enumerate(table.rows)
        ],
    }
