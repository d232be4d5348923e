import pytest

from domain.campaign import Campaign
from sentiment.places import CountyNames


@pytest.fixture(scope="module")
def places(campaign: Campaign) -> CountyNames:
    return CountyNames(campaign)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("武乡县的券", ("140429",)),
        ("在武乡能用吗", ("140429",)),
        ("沁县没有店", ("140430",)),
        ("长治县和屯留县", ("140404", "140405")),
        ("沁源、襄垣、沁源", ("140431", "140423")),
        ("长治市全市通用", ()),
        ("他家长子出生平平顺顺", ()),
        ("长子县的券", ("140428",)),
        ("城区和郊区都能用", ()),
        ("沁人心脾", ()),
        ("隔壁省的券", ()),
        ("", ()),
    ],
)
def test_counties_are_read_from_names_and_never_guessed(
    places: CountyNames, text: str, codes: tuple[str, ...]
) -> None:
    assert places.named(text) == codes
