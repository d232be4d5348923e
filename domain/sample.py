"""The audit sample (work plan 八: at least a tenth of the records), drawn so that anybody can draw it again."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from domain.measures import apportion

_SIZES = ((100, "大"), (10, "中"), (0, "小"))
"""From how many records on a merchant is called large, medium, small: our choice, the plan gives none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """One record that can be drawn. `record` is its key, unique in the campaign."""

    record: tuple[str, ...]
    programme: str
    platform: str
    sector: str
    merchant: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    """What is drawn evenly from. `size` is the merchant's: 大, 中, 小; 未知 where no merchant is told."""

    programme: str
    platform: str
    sector: str
    size: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One record of the sample and why it is in it."""

    record: tuple[str, ...]
    stratum: Stratum
    flagged: bool  # drawn for its flag, whatever the dice said


def audit_sample(
    records: Iterable[Sampled], *, seed: str, hundredths: int = 10, flagged: Collection[tuple[str, ...]] = ()
) -> list[Drawn]:
    """At least `hundredths` % of each programme's records, spread over its strata, and every flagged one besides.

    The order of drawing is that of SHA-256(seed, record): it depends on nothing else, so the same seed and the same
    records give the same sample, and no record is drawn twice.
    """
    several = sorted(records, key=lambda r: r.record)
    strata: dict[Stratum, list[Sampled]] = defaultdict(list)
    sizes = _merchant_sizes(several)
    for r in several:
        strata[_stratum(r, sizes)].append(r)
    wanted = _wanted({stratum: len(members) for stratum, members in strata.items()}, hundredths)
    marked = set(flagged)
    drawn = []
    for stratum in sorted(strata, key=_order):
        members = sorted(strata[stratum], key=lambda r: _lot(seed, r.record))
        chosen = {r.record for r in members[: wanted[stratum]]}
        drawn += [
            Drawn(record=r.record, stratum=stratum, flagged=r.record in marked)
            for r in members
            if r.record in chosen or r.record in marked
        ]
    return drawn


def _merchant_sizes(records: Sequence[Sampled]) -> Mapping[tuple[str, str | None], str]:
    counts = Counter((r.platform, r.merchant) for r in records)
    return {shop: next(size for least, size in _SIZES if n >= least) for shop, n in counts.items()}


def _stratum(r: Sampled, sizes: Mapping[tuple[str, str | None], str]) -> Stratum:
    size = "未知" if r.merchant is None else sizes[r.platform, r.merchant]
    return Stratum(programme=r.programme, platform=r.platform, sector=r.sector, size=size)


def _wanted(counts: Mapping[Stratum, int], hundredths: int) -> dict[Stratum, int]:
    """How many of each stratum: a programme's share rounded up, spread by the strata's sizes."""
    wanted: dict[Stratum, int] = {}
    for programme in sorted({stratum.programme for stratum in counts}):
        own = sorted((s for s in counts if s.programme == programme), key=_order)
        sizes = [counts[s] for s in own]
        share = -(-sum(sizes) * hundredths // 100)
        wanted |= dict(zip(own, apportion(share, sizes), strict=True))
    return wanted


def _order(s: Stratum) -> tuple[str, ...]:
    return s.programme, s.platform, s.sector, s.size


def _lot(seed: str, record: tuple[str, ...]) -> bytes:
    return hashlib.sha256("\x1f".join((seed, *record)).encode()).digest()
