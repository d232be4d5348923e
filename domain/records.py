"""What sources yield, already checked: events and counters of the money side, posts; a `Reject` for what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.placing import PlacedBy
from domain.statements import Statement


class Kind(StrEnum):
    """What happened to a voucher, or to an application for an audited subsidy."""

    CLAIM = "claim"
    REDEMPTION = "redemption"
    REFUND = "refund"
    APPLICATION = "application"
    APPROVAL = "approval"
    REJECTION = "rejection"
    PAYMENT = "payment"


SUBSIDY_KINDS = frozenset({Kind.APPLICATION, Kind.APPROVAL, Kind.REJECTION, Kind.PAYMENT})
DECISIONS = frozenset({Kind.APPROVAL, Kind.REJECTION})  # on one application the first stands
REFERRING = DECISIONS | {Kind.REFUND, Kind.PAYMENT}  # they name their redemption or application


class Grade(StrEnum):
    """How far a figure can be trusted: live and provisional, next-day file, reconciled."""

    FLASH = "flash"
    DAILY = "daily"
    FINAL = "final"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened to one voucher or one application. Amounts in fen; times aware UTC.

    Key: (programme, platform, sub_project, event_no, kind); the programme follows from the sub-project.
    Expiry is no event: it follows from the round's use_until (see `measures.expired`).
    """

    kind: Kind
    platform: str
    sub_project: str  # tranches never mix: it decides the tranche, a date never does
    event_no: str  # the platform's own number, unique within sub-project and kind
    template: str
    round_no: int
    voucher_no: str  # of a subsidy: the application's number
    county: str | None  # six-digit division code: where it was redeemed or bought; None for a claim
    face_fen: int  # of a subsidy: applied for, approved, refused or paid by this event
    occurred_at: datetime
    user_ref: str | None = None  # keyed hash, never a person's number
    merchant: str | None = None
    order_no: str | None = None
    order_fen: int | None = None  # before any discount; some platforms send it only the next day
    paid_fen: int | None = None
    origin_event_no: str | None = None  # a refund's redemption; a decision's or payment's application
    returned_fen: int | None = None  # what the platform says went back to the pool
    revision: int = 0  # the platform's correction of it: the highest stands, whatever came first
    cancelled: bool = False  # the platform takes it back: kept and listed, counted nowhere


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """A cumulative total polled from a platform: no event; it checks the ledger and never feeds it."""

    platform: str
    sub_project: str
    template: str
    round_no: int
    kind: Kind
    value_count: int
    counted_at: datetime


class TicketState(StrEnum):
    """How far an office is with a citizen's ticket, in this order."""

    RECEIVED = "received"
    HANDLING = "handling"
    ANSWERED = "answered"
    CLOSED = "closed"
    REOPENED = "reopened"  # sent back by the citizen or the supervisor: the one step backwards


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What a hotline's or a message board's own list says of one ticket, beside the citizen's words."""

    state: TicketState | None  # None: a word the connector does not know
    told_state: str  # the list's own word
    told_at: datetime | None = None  # when the list says this state was reached
    unit: str | None = None  # whose ticket it is
    category: str | None = None
    channel: str | None = None  # telephone, app, message board


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One public post, comment, headline or ticket, after `clean_text`. Key: (source, external_id)."""

    source: str
    media: str  # weibo, douyin, rss, hotlist, ...: what the people of the desk call the platform
    external_id: str
    title: str
    text: str
    url: str | None  # http or https only
    published_at: datetime | None  # None where the source does not say: never guessed
    author_ref: str | None = None  # keyed hash
    county_hint: str | None = None  # the feed's own county
    rank: int | None = None  # place on a hot list, 1 = top
    likes: int | None = None
    comments: int | None = None
    reposts: int | None = None
    heat: int | None = None  # what a hot list says of its place, in the list's own unit
    repost_of: str | None = None  # the original's external id; its words follow the repost's own after "//"
    in_reply_to: str | None = None  # the external id of the post this comments on
    is_cut: bool = False  # the source gave the beginning only
    ticket: Ticket | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """One row that could not be taken: kept with its reason, shown, never guessed."""

    row: str  # where in the payload: "row 17", "events[3]", "item 2"
    field: str
    reason: str
    excerpt: str = ""  # at most 200 characters, masked
    is_wordless: bool = False  # a post of a picture alone: nothing to read, and nothing wrong with the form


Record = Event | Counter | Statement | Post


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """Bytes as they came, and where the source stands once they are saved."""

    name: str  # path and query, or file name: for the archive and for messages
    body: bytes
    media_type: str
    cursor: str | None = None  # None: this source keeps none
    encoding: str | None = None  # what the transport declared
    manifest: str | None = None  # what the sender says of the bytes, where it does so apart from them
    revision: int = 0  # how often the sender has replaced it: its rows correct those of the earlier ones
    fetched_at: datetime | None = None  # where a source writes "5 minutes ago": ago from when


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """What is kept of a pushed message beside its raw body, once its sender is known."""

    message_id: str  # the platform's own, 1 to 64 characters: the same for every repetition
    headers: Mapping[str, str]  # what its signature needs, and no more


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxMessage:
    """A pushed message as the inbox keeps it until it is drained."""

    source: str
    message_id: str
    received_at: datetime
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From `since` up to `until` a payload holds every redemption; `of_subsidies`: every audited subsidy instead."""

    since: datetime
    until: datetime
    sub_project: str | None = None  # None: of all that the source's platform pays
    of_subsidies: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What one payload held. rows_in = len(records) + len(rejects). `data_time` is the source's own word for how far
    it is complete; None: take the newest event."""

    records: tuple[Record, ...]
    rejects: tuple[Reject, ...] = ()
    data_time: datetime | None = None
    grade: Grade = Grade.FLASH
    spans: tuple[Span, ...] = ()  # what it tells whole: a file of before may be missing
    unread: tuple[str, ...] = ()  # names of fields and columns we have no place for

    @property
    def rows_in(self) -> int:
        return len(self.records) + len(self.rejects)


class Relevance(StrEnum):
    """Which talk a post belongs to: the government campaign, shop advertising that uses the word, anything else."""

    CAMPAIGN = "campaign"
    COMMERCE = "commerce"
    OTHER = "other"
    UNKNOWN = "unknown"  # the scorer died on it, twice


class Label(StrEnum):
    """The tone towards the campaign or the experience told."""

    NEGATIVE = "neg"
    NEUTRAL = "neu"
    POSITIVE = "pos"


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What the pipeline says of one post. No evidence gives no label: `label` and `probabilities` are None."""

    relevance: Relevance
    label: Label | None
    probabilities: tuple[float, float, float] | None  # neg, neu, pos; sum 1
    confident: bool  # False: inside the unsure band, or no label
    issues: tuple[str, ...]  # category ids
    counties: tuple[str, ...]  # division codes named in the text
    county: str | None  # the one county it is about; None: unknown or several, never guessed
    why: tuple[tuple[str, float], ...]  # words that decided, with signed weight, largest first
    model: str  # model and dictionary version
    placed_by: PlacedBy | None = None  # what the county was read from; None with it


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An event the campaign knows: with its programme, tranche and sector resolved. Only entries reach the ledger."""

    event: Event
    programme: str
    tranche: str
    sector: str
    county: str  # where it was used; for a claim the programme's own division


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterEntry:
    """A counter with its programme resolved."""

    counter: Counter
    programme: str
