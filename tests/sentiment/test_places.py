import pytest

from domain.campaign import Campaign
from domain.placing import PlacedBy
from sentiment.places import CountyNames, Place


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
        ("线上党员先领消费券", ()),
        ("网上党校送券", ()),
        ("早晚上党课", ()),
        ("《上党晚报》讯:全市发券", ()),
        ("唱上党梆子", ()),
        ("今晚上党发券,线上党员先领", ("140404",)),
        ("我们上党没有", ("140404",)),
        ("潞州发的券", ("140403",)),
        ("给潞州点赞,到潞城买车", ("140403", "140406")),
        ("隔壁省的券", ()),
        ("", ()),
    ],
)
def test_counties_are_read_from_names_and_never_guessed(
    places: CountyNames, text: str, codes: tuple[str, ...]
) -> None:
    assert places.named(text) == codes


@pytest.mark.parametrize(
    ("text", "county", "by"),
    [
        ("武乡县的券", "140429", PlacedBy.NAME),
        ("在武乡能用吗", "140429", PlacedBy.SHORT_NAME),
        ("长治县的券", "140404", PlacedBy.FORMER_NAME),
        ("潞安大酒店不收券", "140423", PlacedBy.MERCHANT),
        ("武乡县的潞安大酒店", "140429", PlacedBy.NAME),
        ("没抢到", "140430", PlacedBy.FEED),
        ("武乡县和沁县", None, None),
    ],
)
def test_a_county_says_what_it_was_read_from(
    campaign: Campaign, text: str, county: str | None, by: PlacedBy | None
) -> None:
    places = CountyNames(campaign, {"潞安大酒店": "140423", "老王": "140424"})
    place = places.place(text, "140430" if by in (PlacedBy.FEED, None) else None)
    assert (place.county, place.by) == (county, by)


def test_without_a_name_a_shop_or_a_feed_the_county_is_unknown(campaign: Campaign) -> None:
    assert CountyNames(campaign, {"老王": "140424"}).place("老王家没抢到") == Place()


def test_the_surer_the_source_of_a_county_the_higher_its_confidence() -> None:
    order = [by.confidence for by in PlacedBy]
    assert order == sorted(order, reverse=True)
    assert all(0 < confidence < 1 for confidence in order)


def test_names_that_read_alike_in_two_counties_tell_nothing(campaign: Campaign) -> None:
    register = {"潞安大酒店": "140423", "ＡＢＣ超市": "140423", "abc超市": "140429", "别处的商场": "110101"}
    places = CountyNames(campaign, register)
    assert places.place("潞安大酒店").county == "140423"
    assert places.place("abc超市") == places.place("别处的商场") == Place()
