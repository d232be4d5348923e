"""Two people at one desk, and one who presses twice: nobody undoes what he never saw, and nothing is done double."""

from __future__ import annotations

import re
from datetime import timedelta

from httpx import Response
from sqlalchemy import select
from starlette.testclient import TestClient

from alerts.rules import RULES
from alerts.watch import watch
from domain.audit import Action as Audited
from domain.cases import Act, Case
from domain.casework import Action, Stage
from domain.readings import Level
from store.engine import read, write
from store.queries.audit import Wanted, audit_page
from store.queries.cases import find_case, history_of
from store.queries.shifts import waiting_notes
from store.schema import versions
from store.writes.cases import act
from tests.dashboard.conftest import ADDRESS, House
from tests.dashboard.desk_day import NOW
from tests.dashboard.test_desk import enter

FROM_US = {"origin": ADDRESS}
VERIFIED = Act(action=Action.VERIFY)
ASSIGNED = Act(action=Action.ASSIGN, office="commerce", due_at=NOW + timedelta(hours=3))


def zhao(house: House, alert: int, *acts: Act) -> None:
    """Somebody else does this meanwhile."""
    with write(house.engine) as conn:
        for what in acts:
            act(conn, alert, what, who="zhao", now=NOW)


def case_of(house: House, alert: int) -> Case:
    with read(house.engine) as conn:
        case = find_case(conn, alert)
    assert case is not None
    return case


def form_of(client: TestClient, alert: int, action: Action) -> dict[str, str]:
    """What the form of that act sends besides what the person fills in, as the page has it now."""
    page = client.get(f"/desk/alerts/{alert}").text
    forms = [form for form in page.split("<form ") if f'name="action" value="{action.value}"' in form]
    assert len(forms) == 1
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', forms[0]))


def send(client: TestClient, alert: int, form: dict[str, str], **filled: str) -> Response:
    answer: Response = client.post(f"/desk/alerts/{alert}/act", data=form | filled, headers=FROM_US)
    return answer


def test_nobody_puts_away_what_another_gave_to_a_unit_meanwhile(house: House, alert: int) -> None:
    client = enter(house)
    form = form_of(client, alert, Action.DISMISS)
    zhao(house, alert, VERIFIED, Act(action=Action.GRADE, level=Level.RED), ASSIGNED)
    answer = send(client, alert, form, note="看着像误报")
    assert answer.status_code == 409
    assert "页面打开之后" in answer.text
    assert f'href="/desk/alerts/{alert}"' in answer.text
    assert case_of(house, alert).stage is Stage.ASSIGNED
    again = send(client, alert, form_of(client, alert, Action.DISMISS), note="都看过了，是误报")
    assert again.status_code == 303


def test_a_grading_begun_at_orange_does_not_lower_the_red_that_came_meanwhile(
    house: House, alert: int
) -> None:
    client = enter(house)
    zhao(house, alert, VERIFIED)
    form = form_of(client, alert, Action.GRADE)
    zhao(house, alert, Act(action=Action.RAISE, level=Level.RED, note="已上热搜"))
    assert send(client, alert, form, level="orange").status_code == 409
    assert case_of(house, alert).level is Level.RED


def test_feedback_sent_twice_stands_once(house: House, alert: int) -> None:
    client = enter(house)
    zhao(
        house, alert, VERIFIED, Act(action=Action.GRADE, level=Level.RED), ASSIGNED, Act(action=Action.ACCEPT)
    )
    form = form_of(client, alert, Action.FEEDBACK)
    assert [send(client, alert, form, note="已处理").status_code for _ in range(2)] == [303, 409]
    with read(house.engine) as conn:
        changes = [line.change for line in history_of(conn, [alert])[alert]]
    assert changes.count(Action.FEEDBACK) == 1


def test_what_only_the_program_noticed_keeps_nobody_from_acting(house: House, alert: int) -> None:
    """A clock that ran out, or a rule that still finds it, changes nothing of what was decided upon."""
    client = enter(house)
    form = form_of(client, alert, Action.VERIFY)
    watch(house.engine, RULES, house.campaign, (), clock=lambda: NOW + timedelta(hours=6))
    with read(house.engine) as conn:
        assert "clock" in [line.change for line in history_of(conn, [alert])[alert]]
    assert send(client, alert, form).status_code == 303


FOUND = {"title": "群里都在传领券要收费", "level": "yellow", "county": "", "note": "两个群"}


def by_hand(client: TestClient, **changes: str) -> str:
    return str(client.post("/desk/alerts", data=FOUND | changes, headers=FROM_US).headers["location"])


def test_one_event_found_by_a_person_is_one_however_often_it_is_sent(house: House) -> None:
    client = enter(house)
    assert len({by_hand(client) for _ in range(2)}) == 1
    assert "<b>1</b><span>漏报" in client.get("/desk").text
    with read(house.engine) as conn:
        entries = audit_page(conn, Wanted(action=Audited.ALERT_OPEN), limit=9)
    assert len(entries) == 1
    others = [by_hand(client, **changed) for changed in ({"note": "三个群"}, {"county": house.county})]
    assert len({by_hand(client), *others}) == 3


def test_the_same_words_after_the_first_was_taken_up_are_another_event(house: House) -> None:
    client = enter(house)
    first = by_hand(client)
    zhao(house, int(first.rpartition("/")[2]), VERIFIED)
    assert by_hand(client) != first


def test_what_a_person_found_is_news_on_every_open_desk(house: House) -> None:
    by_hand(enter(house))
    with read(house.engine) as conn:
        assert conn.scalar(select(versions.c.number)) == 1


def test_one_note_of_a_shift_is_one_however_often_it_is_sent(house: House) -> None:
    client = enter(house)
    for text in ("等商务局回复", "等商务局回复", "来源中断未恢复"):
        assert client.post("/desk/shift", data={"text": text}, headers=FROM_US).status_code == 303
    with read(house.engine) as conn:
        assert [note.text for note in waiting_notes(conn)] == ["来源中断未恢复", "等商务局回复"]
