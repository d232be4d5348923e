"""What came, read by its connector, whole or not at all."""

from __future__ import annotations

import logging

from domain.errors import ParseError, SourceError
from domain.records import Parsed, Payload
from ingest.drift import tell_unread
from ingest.source import Source

log = logging.getLogger(__name__)

REJECTED_WHOLE = 0.05
"""More than this share of bad rows means the format has changed: the payload is set aside whole (promises L6)."""
_FEW = 20
"""... but a handful of bad rows in a small file is no new format."""
_WORDLESS = 0.5
"""Many a comment is a picture alone; where most are, the field their words stand in has got another name."""


def parse(source: Source, payload: Payload) -> Parsed:
    """What the payload tells. Raises ParseError, with its reason.

    A fault of ours is such a reason too: it must not keep what follows waiting, and the payload stays, to be read
    again once the fault is mended.
    """
    try:
        parsed = source.parse(payload)
    except (SourceError, MemoryError):  # no memory is not the payload's fault: it is read again
        raise
    except Exception as error:
        log.exception("%s: the connector failed on a payload", source.id)
        raise ParseError(source.id, f"the connector failed on it: {type(error).__name__}") from error
    tell_unread(source.id, parsed.unread)
    return parsed


def parse_file(source: Source, payload: Payload) -> Parsed:
    """The same of many rows, set aside whole where too many of them are bad."""
    parsed = parse(source, payload)
    bad = len(parsed.rejects)
    wrong = sum(not reject.is_wordless for reject in parsed.rejects)
    if bad > _FEW and (
        bad > _WORDLESS * parsed.rows_in or wrong > max(_FEW, REJECTED_WHOLE * parsed.rows_in)
    ):
        first = next((reject for reject in parsed.rejects if not reject.is_wordless), parsed.rejects[0])
        raise ParseError(
            source.id,
            f"{payload.name[:80]}: {bad} of {parsed.rows_in} rows are bad: format changed? "
            f"{first.row}: {first.field}: {first.reason}",
        )
    return parsed


def is_readable(source: Source, payload: Payload) -> bool:
    """Whether it will be saved, or set aside whole: what is asked for until it is there is not there until then.

    It is read twice for that, which a day's file is worth: what it tells is held by nobody meanwhile.
    """
    try:
        parse_file(source, payload)
    except ParseError:
        return False
    return True
