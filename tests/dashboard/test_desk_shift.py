"""Handing a shift over, and splitting an alert: kept with who and when, words stay words, and nobody gains a clock."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from alerts.again import recheck
from alerts.rules import RULES
from alerts.watch import watch
from dashboard.entry.visitors import SESSION_COOKIE
from domain.casework import Stage
from store.engine import read, write
from store.queries.cases import find_case, history_of
from store.queries.shifts import shift_notes_of_late
from store.writes.access import add_user
from tests.dashboard.conftest import ADDRESS, PASSWORD_HASH, House
from tests.dashboard.desk_day import NOW
from tests.dashboard.test_desk import SCRIPT, do, enter

FROM_US = {"origin": ADDRESS}


def relieve(house: House, client: TestClient) -> None:
    """The next on duty sits down."""
    with write(house.engine) as conn:
        add_user(conn, "li", role="task-force", county=None, password_hash=PASSWORD_HASH, now=house.now())
    client.cookies.clear()
    client.cookies.set(SESSION_COOKIE, house.session("li"))


def test_a_note_is_shown_to_the_next_until_it_is_taken(house: House, alert: int) -> None:
    client = enter(house)
    text = f"等商务局 15:00 回复{SCRIPT}"
    assert client.post("/desk/shift", data={"text": text}, headers=FROM_US).status_code == 303
    assert client.post("/desk/shift/1/take", headers=FROM_US).status_code == 409, (
        "nobody takes over from himself"
    )
    relieve(house, client)
    page = client.get("/desk").text
    assert "等商务局 15:00 回复" in page
    assert SCRIPT not in page + client.get("/desk/shift").text
    assert client.post("/desk/shift/1/take", headers=FROM_US).headers["location"] == "/desk"
    assert client.post("/desk/shift/1/take", headers=FROM_US).status_code == 409
    assert "等商务局" not in client.get("/desk").text
    with read(house.engine) as conn:
        (note,) = shift_notes_of_late(conn)
    assert (note.written_by, note.taken_by, note.taken_at) == ("wang", "li", NOW)


@pytest.mark.parametrize("text", ["", " \n ", "长" * 1501])
def test_a_note_that_says_nothing_or_too_much_is_refused(house: House, text: str) -> None:
    assert enter(house).post("/desk/shift", data={"text": text}, headers=FROM_US).status_code == 409


def test_part_of_an_alert_becomes_one_of_its_own(house: House, alert: int) -> None:
    client = enter(house)
    with read(house.engine) as conn:
        before = find_case(conn, alert)
    assert before is not None
    form = {"title": f"另一件事{SCRIPT}", "note": "两家商户", "post": list(before.evidence[:3])}
    answer = client.post(f"/desk/alerts/{alert}/split", data=form, headers=FROM_US)
    assert answer.status_code == 303
    assert SCRIPT not in client.get(answer.headers["location"]).text
    with read(house.engine) as conn:
        new = find_case(conn, int(answer.headers["location"].rpartition("/")[2]))
        lines = history_of(conn, [alert])[alert]
    assert new is not None
    assert (new.level, new.evidence, new.stage) == (before.level, before.evidence[:3], Stage.FOUND)
    assert new.county == before.county
    assert (new.timing.raised_at, new.timing.urgent_since) == (
        before.timing.raised_at,
        before.timing.urgent_since,
    )
    assert (lines[-1].change, lines[-1].who, lines[-1].note) == (
        "split",
        "wang",
        f"into={new.alert_id} 两家商户",
    )


def test_what_was_split_off_is_no_evidence_of_the_first_until_they_are_one_again(
    house: House, alert: int
) -> None:
    client = enter(house)

    def evidence() -> tuple[tuple[str, ...], int, bool]:
        """As it is after the rule has looked again."""
        watch(house.engine, RULES, house.campaign, (), clock=lambda: NOW)
        with read(house.engine) as conn:
            case = find_case(conn, alert)
            assert case is not None
            assert not recheck(conn).others
        return (
            tuple(sorted(case.evidence, key=int)),
            case.evidence_count,
            "另有 3 条已拆到" in client.get(f"/desk/alerts/{alert}").text,
        )

    (all_of_it, n, said) = evidence()
    assert not said
    form = {"title": "另一件事", "note": "", "post": list(all_of_it[:3])}
    client.post(f"/desk/alerts/{alert}/split", data=form, headers=FROM_US)
    assert evidence() == (all_of_it[3:], n - 3, True)
    new = alert + 1
    assert do(client, new, "merge", target=str(alert)) == 303
    assert evidence() == (all_of_it, n, False)


@pytest.mark.parametrize(
    ("form", "status"),
    [({"title": "x", "post": []}, 400), ({"title": "", "post": ["1"]}, 400), ({"title": "x", "post": ["999"]}, 409),
     ({"title": "x", "post": [str(n) for n in range(1, 21)]}, 409), ({"title": "x", "post": ["1"], "y": "1"}, 400)],
)  # fmt: skip
def test_a_split_that_makes_no_sense_is_refused(
    house: House, alert: int, form: dict[str, object], status: int
) -> None:
    answer = enter(house).post(f"/desk/alerts/{alert}/split", data=form, headers=FROM_US)  # type: ignore[arg-type]
    assert answer.status_code == status


def test_what_was_merged_can_be_taken_out_again(house: House, alert: int) -> None:
    client = enter(house)
    form = {"title": "同一件事", "level": "yellow", "county": "", "note": ""}
    client.post("/desk/alerts", data=form, headers=FROM_US)
    assert do(client, alert, "merge", target=str(alert + 1)) == 303
    assert 'value="split"' in client.get(f"/desk/alerts/{alert}").text
    assert [do(client, alert, "split", note=""), do(client, alert, "split")] == [409, 303]
    with read(house.engine) as conn:
        case = find_case(conn, alert)
    assert case is not None
    assert (case.stage, case.merged_into, case.timing.closed_at) == (Stage.VERIFIED, None, None)
