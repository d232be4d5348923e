"""The merchant register and the sanction list as CSV files: all of a file or none of it.

A register with a line missing would flag whoever stands on that line, so that one wrong cell refuses the file.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from domain.campaign import Campaign
from domain.errors import ConfigError
from domain.register import Basis, Merchant, Sanction, SanctionKind
from domain.terms import local
from ingest.cells import number_of, time_of
from ingest.list_file import Cells, Wrong, file_bytes, id_of, midnight, one_of, opened, read_lines, some

NO, PLATFORM, NAME, DIVISION = "商户号", "平台", "商户名称", "县区代码"
SECTOR, BASIS = "行业", "入册依据"
APPROVAL_NO, APPROVED_ON, LISTED_FROM, LISTED_UNTIL = "批准文号", "批准日期", "入册日期", "退出日期"
STARTS_AT, KIND, DOCUMENT = "生效时间", "类型", "文号"

MERCHANT_COLUMNS = (
    NO, PLATFORM, NAME, DIVISION, SECTOR, BASIS, APPROVAL_NO, APPROVED_ON, LISTED_FROM, LISTED_UNTIL,
)  # fmt: skip
SANCTION_COLUMNS = (NO, PLATFORM, STARTS_AT, KIND, DOCUMENT)
BASES = {"入统": Basis.IN_STATISTICS, "总部型": Basis.HEADQUARTERS, "申请审核": Basis.APPROVED}
KINDS = {"失信": SanctionKind.DISCREDITED, "取消资格": SanctionKind.BANNED}

_DIVISION = re.compile(r"[0-9]{6}")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterFile:
    """What a file of merchants held."""

    version: str  # sha256 of its bytes
    merchants: tuple[Merchant, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SanctionFile:
    """What a file of sanctions held. May be empty: then nobody is under sanction."""

    version: str
    sanctions: tuple[Sanction, ...]


def read_list(path: Path, campaign: Campaign) -> RegisterFile | SanctionFile:
    """Whichever of the two the header says it is. Raises ConfigError naming the file, row and field of every fault."""
    body = file_bytes(path)
    version = hashlib.sha256(body).hexdigest()
    head, rows = opened(path, body)
    if STARTS_AT in head:
        banned = read_lines(
            path.name, rows, head, SANCTION_COLUMNS, _once, lambda cells: _sanction(cells, campaign)
        )
        return SanctionFile(version=version, sanctions=banned)
    listed = read_lines(
        path.name, rows, head, MERCHANT_COLUMNS, _once, lambda cells: _merchant(cells, campaign)
    )
    if not listed:
        raise ConfigError(f"{path.name}: no merchants: an empty register would flag everybody")
    return RegisterFile(version=version, merchants=listed)


def _once(value: Merchant | Sanction, place: str, seen: dict[object, str]) -> None:
    """A merchant stands once, and its number either for every platform or for named ones: never a choice of two."""
    if isinstance(value, Sanction):
        own: object = (value.no, value.platform, value.starts_at, value.kind)
    else:
        own = (value.no, value.platform)
    every, named = ("every", value.no), ("named", value.no)
    mine, others = (every, named) if value.platform is None else (named, every)
    if own in seen:
        raise Wrong(NO, f"stands in {seen[own]} already")
    if others in seen:
        raise Wrong(PLATFORM, f"{seen[others]} has it with and this row without a platform, or the reverse")
    seen[own] = place
    seen.setdefault(mine, place)


def _merchant(cells: Cells, campaign: Campaign) -> Merchant:
    basis = cells.must(BASIS, lambda text: one_of(text, BASES))
    must = cells.must if basis is Basis.APPROVED else cells.maybe
    listed_from, last = cells.maybe(LISTED_FROM, midnight), cells.maybe(LISTED_UNTIL, midnight)
    if listed_from and last and last < listed_from:
        raise Wrong(LISTED_UNTIL, f"before {LISTED_FROM}")
    approved = must(APPROVED_ON, midnight)
    return Merchant(
        no=cells.must(NO, number_of),
        platform=cells.maybe(PLATFORM, lambda text: id_of(text, campaign.platforms)),
        name=cells.must(NAME, some),
        division=cells.must(DIVISION, _division),
        sector=cells.maybe(SECTOR, lambda text: id_of(text, campaign.sectors)),
        basis=basis,
        approval_no=must(APPROVAL_NO, some),
        approved_on=local(approved).date() if approved else None,
        listed_from=listed_from,
        listed_until=last + _DAY if last else None,  # the last day is still on the list
    )


def _sanction(cells: Cells, campaign: Campaign) -> Sanction:
    return Sanction(
        no=cells.must(NO, number_of),
        platform=cells.maybe(PLATFORM, lambda text: id_of(text, campaign.platforms)),
        starts_at=cells.must(STARTS_AT, time_of),  # a date alone: from its midnight on
        kind=cells.must(KIND, lambda text: one_of(text, KINDS)),
        document=cells.must(DOCUMENT, some),
    )


def _division(text: str) -> str:
    text = unicodedata.normalize("NFKC", text)
    if not _DIVISION.fullmatch(text):
        raise ValueError("not a six-digit division code")
    return text
