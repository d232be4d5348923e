"""On the path of every process the suite starts: its random tokens carry the mark, too."""

import secrets

_MARK = "geheim-7f3a"
_drawn = secrets.token_urlsafe


def token_urlsafe(nbytes: int | None = None) -> str:
    """As long as it would be; what is left of it still tells any two apart."""
    drawn = _drawn(nbytes)
    return _MARK + drawn[len(_MARK) :] if len(drawn) > 2 * len(_MARK) else drawn


secrets.token_urlsafe = token_urlsafe
