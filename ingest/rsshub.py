"""What RSSHub's error pages mean. It answers 503 (older ones 404, as a package 200) for a dozen different troubles."""

from __future__ import annotations

import re

from domain.errors import FetchError

_PAGE = re.compile(
    rb"Looks like something went wrong|RSSHub|\"error\"\s{0,9}:\s{0,9}\{\s{0,9}\"message\"",
    re.IGNORECASE,
)
_MEANINGS = (  # the first that fits: words, cause, what a person reads, whether trying again cannot help
    (r"this route is empty", "empty", "the route is empty", False),
    (r"captcha|verif|滑块|验证码", "captcha", "the site wants a captcha solved", False),
    (
        r"ConfigNotFound|config not found|cookie|not logged in|login required|未登录|登录",
        "expired", "a cookie or token is missing or over", False,
    ),
    (r"RejectError|Access denied|Authentication failed", "refused", "the access key is not accepted", True),
    (r"NotFoundError|route does not exist|wrong path", "refused", "no such route", True),
    (r"InvalidParameter|Invalid parameter", "refused", "the route does not take these parameters", True),
    (r"RequestInProgress|in progress", "down", "still fetching, ask again", False),
    (
        r"HTTPError|RequestError|FetchError|blocking our access|status code 4|40[13]|41[28]|429|432|Forbidden",
        "blocked", "the site turned the server away", False,
    ),
)  # fmt: skip


def explained(error: FetchError, told: bytes) -> FetchError | None:
    """The same failure with its real cause, if `told` is one of RSSHub's pages; else None."""
    if not _PAGE.search(told[:20_000]):
        return None
    text = told[:20_000].decode("utf-8", errors="replace")
    for words, cause, meaning, permanent in _MEANINGS:
        if re.search(words, text, re.IGNORECASE):
            return FetchError(error.source, f"{error.message}: {meaning}", cause=cause, permanent=permanent)
    return FetchError(error.source, f"{error.message}: an error page", cause="down")
