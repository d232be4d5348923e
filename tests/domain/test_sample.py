"""The audit sample: at least a tenth of each programme, spread evenly, and the same for whoever draws it."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from domain.sample import Sampled, audit_sample

_records = st.lists(
    st.builds(
        Sampled,
        record=st.tuples(st.text("abc", min_size=1, max_size=6)),
        programme=st.sampled_from(("city", "luzhou")),
        platform=st.sampled_from(("bank", "pay")),
        sector=st.sampled_from(("retail", "fuel")),
        merchant=st.sampled_from((None, "M1", "M2")),
    ),
    max_size=120,
    unique_by=lambda r: r.record,
)


@given(records=_records, hundredths=st.integers(10, 100), seed=st.text(max_size=5))
def test_every_programme_gives_its_share_rounded_up_and_no_record_twice(
    records: list[Sampled], hundredths: int, seed: str
) -> None:
    drawn = audit_sample(records, seed=seed, hundredths=hundredths)
    assert len({d.record for d in drawn}) == len(drawn)
    assert {d.record for d in drawn} <= {r.record for r in records}
    for programme in ("city", "luzhou"):
        own = [r for r in records if r.programme == programme]
        mine = [d for d in drawn if d.stratum.programme == programme]
        assert len(mine) == -(-len(own) * hundredths // 100)


@given(records=_records, seed=st.text(max_size=5), data=st.data())
def test_the_order_of_the_records_changes_nothing(
    records: list[Sampled], seed: str, data: st.DataObject
) -> None:
    other = data.draw(st.permutations(records))
    assert audit_sample(records, seed=seed) == audit_sample(other, seed=seed)


def test_every_stratum_gives_its_part() -> None:
    records = [
        Sampled(
            record=(sector, str(n)), programme="city", platform="pay", sector=sector, merchant=f"{sector}1"
        )
        for sector, size in (("retail", 300), ("fuel", 100))
        for n in range(size)
    ]
    drawn = audit_sample(records, seed="s")
    assert Counter(d.stratum.sector for d in drawn) == {"retail": 30, "fuel": 10}
    assert {d.stratum.size for d in drawn} == {"大"}


def test_what_is_flagged_is_drawn_besides() -> None:
    records = [
        Sampled(record=(str(n),), programme="city", platform="pay", sector="retail", merchant=None)
        for n in range(50)
    ]
    plain = {d.record for d in audit_sample(records, seed="s")}
    left = next(r.record for r in records if r.record not in plain)
    drawn = audit_sample(records, seed="s", flagged={left})
    assert {d.record for d in drawn} == plain | {left}
    assert [d.record for d in drawn if d.flagged] == [left]
    assert {d.stratum.size for d in drawn} == {"未知"}


def test_another_seed_draws_others() -> None:
    records = [
        Sampled(record=(str(n),), programme="city", platform="pay", sector="retail", merchant="M")
        for n in range(1000)
    ]
    assert audit_sample(records, seed="a") != audit_sample(records, seed="b")
