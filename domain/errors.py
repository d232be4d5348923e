"""The error tree. Messages are lower-case English and name the source, row or field, never a secret."""


class WatchError(Exception):
    """Anything this system raises on purpose."""


class ConfigError(WatchError):
    """A setting or the campaign file is wrong: the process does not start, and says where."""


class SourceError(WatchError):
    """One source failed; the others carry on."""

    def __init__(self, source: str, message: str) -> None:
        super().__init__(f"{source}: {message}")
        self.source = source
        self.message = message


class FetchError(SourceError):
    """The wire. `cause` is one of down, blocked, captcha, expired, empty, refused.

    `permanent`: trying again cannot help. `told`: how the body of a refusal begins, for connectors that know their
    server's words; it is no part of the message. `after_s`: in how many seconds the server wants to be asked again,
    at most an hour; None: it did not say.
    """

    def __init__(
        self,
        source: str,
        message: str,
        *,
        cause: str = "down",
        permanent: bool = False,
        told: bytes = b"",
        after_s: float | None = None,
    ) -> None:
        super().__init__(source, message)
        self.cause = cause
        self.permanent = permanent
        self.told = told
        self.after_s = after_s


class ParseError(SourceError):
    """The payload as a whole is not what the connector was written for: quarantined, never guessed."""


class RefusedError(WatchError):
    """A pushed message that nobody vouches for: nothing of it is kept."""


class StoreError(WatchError):
    """The store refuses: a lost lease, a version that went backwards."""


class OvertakenError(StoreError):
    """What a person decided upon is no longer as they saw it."""
