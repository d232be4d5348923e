"""Names on the map never collide, whatever the city."""

from itertools import combinations

import pytest

from layouts.atlas import Atlas, atlas
from layouts.labels import Label, contains, crosses, overlap, place
from layouts.theme import FAR_PX
from layouts.wall import county_ranks
from layouts.wall.county_map import HEIGHT, WIDTH

CITIES = ("140400", "140100", "110000", "130100")


def drawn(city: str) -> Atlas:
    return atlas(city, None, width=WIDTH, height=HEIGHT, note_ems=5.0)


def from_far(city: str) -> Atlas:
    """As the map of places draws it: one short word a county, twice the size."""
    ranks = county_ranks
    return atlas(
        city, None, width=ranks.WIDTH, height=ranks.HEIGHT, note_ems=0.0, px=FAR_PX, label_ems=ranks.LABEL_EMS
    )


@pytest.mark.parametrize("city", CITIES)
def test_no_two_labels_overlap_and_none_leaves_the_figure(city: str):
    labels = list(drawn(city).labels.values())
    assert not [pair for pair in combinations(labels, 2) if overlap(*pair)]
    for label in labels:
        assert label.width / 2 <= label.x <= WIDTH - label.width / 2
        assert label.height / 2 <= label.y <= HEIGHT - label.height / 2


@pytest.mark.parametrize("city", CITIES)
def test_from_far_too_no_two_labels_overlap_and_no_line_runs_through_one(city: str):
    labels = from_far(city).labels
    assert not [pair for pair in combinations(labels.values(), 2) if overlap(*pair)]
    for code, line in [(code, label.leader) for code, label in labels.items() if label.leader]:
        assert not [other for other, box in labels.items() if other != code and crosses(line, box)]
    if city == "140400":
        assert len(labels) == 12


@pytest.mark.parametrize("city", CITIES)
def test_no_leader_line_runs_through_a_label(city: str):
    labels = drawn(city).labels
    lines = [(code, label.leader) for code, label in labels.items() if label.leader]
    assert lines
    for code, line in lines:
        assert not [other for other, box in labels.items() if other != code and crosses(line, box)]


def test_every_county_of_our_city_has_its_label_inside_or_at_the_end_of_a_line():
    plan = drawn("140400")
    assert plan.labels.keys() == plan.rings.keys()
    for code, label in plan.labels.items():
        point = label.anchor or (label.x, label.y)
        assert any(contains(ring, point) for ring in plan.rings[code])


def test_the_note_stands_on_no_county_and_no_label():
    plan = drawn("140400")
    assert plan.note
    assert not any(overlap(plan.note, label) for label in plan.labels.values())
    assert not any(
        contains(ring, (plan.note.x, plan.note.y)) for parts in plan.rings.values() for ring in parts
    )


def test_a_county_too_crowded_to_name_stays_without_a_label():
    square = [(0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0)]
    assert place({"a": square}, {"a": (120.0, 40.0)}, width=100, height=100) == {}


def test_a_line_that_only_touches_the_air_around_a_box_counts_as_crossing():
    box = Label(x=50, y=50, width=20, height=20)
    assert crosses(((0, 38), (100, 38)), box)
    assert not crosses(((0, 30), (100, 30)), box)
    assert not crosses(((0, 50), (30, 50)), box)
