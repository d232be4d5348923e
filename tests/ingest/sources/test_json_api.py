from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.errors import FetchError, ParseError
from domain.records import Counter, Event, Kind, Payload
from domain.statements import Metric, Statement
from ingest.http import Http
from ingest.source import Deployment
from ingest.sources.json_api import JsonApi
from tests.ingest.faults import Call, Faults, serving, status

DATA = Path(__file__).parents[2] / "data" / "json_api"
GOOD = {
    "event_no": "H1", "kind": "redemption", "sub_project": "s-R", "template": "t", "round": 1, "voucher_no": "V1",
    "county": "140403", "face_fen": 2000, "occurred_at": "2022-10-28T09:00:00+08:00",
}  # fmt: skip


def source(base_url: str = "https://pay.example", *, clock: Any = None, **changes: Any) -> JsonApi:
    settings = {
        "id": "city-pay", "kind": "json_api", "name": "市民付", "every_s": 2, "stale_after_s": 60,
        "base_url": base_url, "platform": "city-pay", "token_env": "TOKEN", "page_limit": 2,
        **changes,
    }  # fmt: skip
    where = Deployment(
        environ={"TOKEN": "geheim"}, clock=clock or (lambda: datetime(2022, 10, 28, 2, tzinfo=UTC))
    )
    return JsonApi.model_validate(settings, context=where)


def payload(content: Any) -> Payload:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Payload(name="/v1/events?cursor=geheimnis", body=body, media_type="application/json")


def page(*events: Any, **changes: Any) -> dict[str, Any]:
    usual = {"next_cursor": "c1", "has_more": False, "data_time": "2022-10-28T10:00:00+08:00"}
    return {"events": list(events), **usual, **changes}


# ---------------------------------------------------------------- parsing


def test_claims_redemptions_and_refunds_become_events() -> None:
    parsed = source().parse(payload((DATA / "events.json").read_bytes()))
    claim, redemption, refund = parsed.records
    assert parsed.rejects == ()
    assert parsed.data_time == datetime(2022, 10, 28, 2, tzinfo=UTC)
    assert isinstance(claim, Event)
    assert claim.kind is Kind.CLAIM
    assert claim.county is None
    assert redemption == Event(
        kind=Kind.REDEMPTION, platform="city-pay", sub_project="city-P1-R", event_no="H0001", template="city.ret20",
        round_no=1, voucher_no="V0001", county="140403", face_fen=2000, user_ref="9f2c", merchant="M001",
        occurred_at=datetime(2022, 10, 28, 1, 31, tzinfo=UTC), order_no="D0001", order_fen=10850, paid_fen=8850,
    )  # fmt: skip
    assert isinstance(refund, Event)
    assert (refund.origin_event_no, refund.returned_fen) == ("H0001", 2000)


def test_counters_become_counters_and_a_bad_one_a_reject() -> None:
    parsed = source().parse(payload((DATA / "counters.json").read_bytes()))
    assert parsed.records == (
        Counter(platform="city-pay", sub_project="city-P1-R", template="city.ret20", round_no=1, kind=Kind.CLAIM,
                value_count=5120, counted_at=datetime(2022, 10, 28, 2, tzinfo=UTC)),
    )  # fmt: skip
    assert [(reject.row, reject.field) for reject in parsed.rejects] == [("counters[1]", "value_count")]


def test_a_days_totals_become_statements_and_one_without_a_value_a_reject() -> None:
    parsed = source().parse(payload((DATA / "statements.json").read_bytes()))
    usual = {"platform": "city-pay", "sub_project": "city-P1-R", "day": datetime(2022, 10, 27, 16, tzinfo=UTC),
             "stated_at": datetime(2022, 10, 28, 16, 10, tzinfo=UTC)}  # fmt: skip
    assert parsed.records == (
        Statement(metric=Metric.CLAIMED, value_count=5120, value_fen=10_240_000, **usual),
        Statement(metric=Metric.REDEEMED_GROSS, value_count=812, **usual),
        Statement(metric=Metric.REFUNDED, value_fen=0, template="city.ret20", round_no=1, **usual),
    )
    assert [(reject.row, reject.field) for reject in parsed.rejects] == [("statements[3]", "value_count")]
    assert parsed.data_time is None


STATED = {
    "sub_project": "s-R",
    "metric": "claimed",
    "value_count": 1,
    "stated_at": "2022-10-29T00:10:00+08:00",
}


@pytest.mark.parametrize(
    ("field", "value"),
    [("value_count", "1"), ("value_count", -1), ("value_fen", 0.5), ("metric", "issued"), ("metric", None),
     ("stated_at", "2022-10-29T00:10:00"), ("round", 0), ("sub_project", ""), ("template", "t")],
)  # fmt: skip
def test_a_bad_field_rejects_its_statement_alone(field: str, value: Any) -> None:
    content = {"day": "2022-10-28", "statements": [STATED, {**STATED, field: value}, STATED]}
    parsed = source().parse(payload(content))
    assert [(reject.row, reject.field) for reject in parsed.rejects] == [("statements[1]", field)]
    assert len(parsed.records) == 2


@pytest.mark.parametrize("day", [None, 20221028, "2022-10-32", "昨天"])
def test_totals_of_no_day_are_quarantined(day: Any) -> None:
    with pytest.raises(ParseError, match="day"):
        source().parse(payload({"day": day, "statements": []}))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("face_fen", "2000"), ("face_fen", 20.5), ("face_fen", 0), ("face_fen", -1), ("face_fen", True),
        ("face_fen", 2**53), ("face_fen", None), ("round", "1"), ("round", 0), ("kind", "expire"), ("kind", None),
        ("event_no", ""), ("event_no", 17), ("event_no", "a b"), ("event_no", "x" * 65), ("event_no", "流水"),
        ("county", "14040"), ("county", "１４０４０３"), ("occurred_at", "2022-10-28T09:00:00"),
        ("occurred_at", 1666918800), ("occurred_at", "2022-10-28"), ("occurred_at", "昨天"), ("order_fen", -5),
        ("order_fen", 1.0), ("merchant", "x" * 65), ("merchant", 5),
    ],
)  # fmt: skip
def test_a_bad_field_rejects_its_event_alone(field: str, value: Any) -> None:
    parsed = source().parse(
        payload(page(GOOD, {**GOOD, "event_no": "H2", field: value}, {**GOOD, "event_no": "H3"}))
    )
    assert [(reject.row, reject.field) for reject in parsed.rejects] == [("events[1]", field)]
    assert [event.event_no for event in parsed.records if isinstance(event, Event)] == ["H1", "H3"]


@pytest.mark.parametrize("missing", sorted(GOOD.keys() - {"county"}))
def test_a_missing_field_rejects_its_event_and_is_named(missing: str) -> None:
    parsed = source().parse(payload(page({k: v for k, v in GOOD.items() if k != missing})))
    assert [(reject.field, reject.excerpt) for reject in parsed.rejects] == [(missing, "")]


def test_a_field_nobody_knows_yet_changes_nothing() -> None:
    plain = source().parse(payload(page(GOOD)))
    more = source().parse(payload(page({**GOOD, "channel": "小程序"}, schema_version=2)))
    assert replace(more, unread=()) == plain
    assert len(plain.records) == 1


def test_a_field_nobody_knows_yet_is_named_wherever_it_stands() -> None:
    events = page(GOOD, {**GOOD, "channel": "小程序"}, 5, schema_version=2)
    assert source().parse(payload(events)).unread == ("schema_version", "channel")
    stated = {"day": "2022-10-28", "statements": [{**STATED, "note": "13812345678"}], "page": 1}
    assert source().parse(payload(stated)).unread == ("page", "note")
    counted = {"counters": [{"sub_project": "s-R", "stock": 1}, None], "at": "09:00"}
    assert source().parse(payload(counted)).unread == ("at", "stock")


def test_of_the_examples_only_the_fields_added_to_them_are_named() -> None:
    found = {
        path.name: source().parse(payload(path.read_bytes())).unread for path in sorted(DATA.glob("*.json"))
    }
    assert found == {"counters.json": (), "events.json": ("added_later",), "statements.json": ("till",)}


@pytest.mark.parametrize("item", [None, [], "H1", 5])
def test_an_item_that_is_no_object_is_a_reject(item: Any) -> None:
    assert len(source().parse(payload(page(item))).rejects) == 1


def test_a_refund_names_its_redemption() -> None:
    parsed = source().parse(payload(page({**GOOD, "kind": "refund"})))
    assert [reject.field for reject in parsed.rejects] == ["origin_event_no"]


@pytest.mark.parametrize("kind", ["approval", "rejection", "payment"])
def test_a_step_of_an_audited_subsidy_names_its_application(kind: str) -> None:
    named, nameless = GOOD | {"kind": kind, "origin_event_no": "A1"}, GOOD | {"kind": kind}
    parsed = source().parse(payload(page(named, nameless, GOOD | {"kind": "application"})))
    assert [(r.kind.value, r.origin_event_no) for r in parsed.records] == [
        (kind, "A1"),
        ("application", None),
    ]
    assert [(reject.row, reject.field) for reject in parsed.rejects] == [("events[1]", "origin_event_no")]


def test_what_could_be_somebodys_number_is_masked_in_a_reject() -> None:
    parsed = source().parse(payload(page({**GOOD, "event_no": "手机 13800138000"})))
    assert "138" not in parsed.rejects[0].excerpt
    assert "8000" in parsed.rejects[0].excerpt


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>502</html>", b'{"events": [', b"[]", b"{}", b'{"events": {}, "next_cursor": "x"}',
     json.dumps(page()).replace("false", "NaN").encode(), b'{"events": [], "events": []}',
     json.dumps({k: v for k, v in page().items() if k != "has_more"}).encode(), json.dumps(page(data_time=5)).encode(),
     json.dumps(page(*[GOOD] * 2001)).encode(), b"\xff\xff\xff", b'{"counters": 5}', b"[" * 50_000],
)  # fmt: skip
def test_a_body_that_is_no_page_is_quarantined_and_its_cursor_not_quoted(body: bytes) -> None:
    with pytest.raises(ParseError) as caught:
        source().parse(payload(body))
    assert "geheimnis" not in str(caught.value)
    assert "city-pay: /v1/events: " in str(caught.value)


# ---------------------------------------------------------------- fetching


def platform(pages: dict[str, dict[str, Any]]) -> Callable[[Call], None]:
    """Answers by cursor; "" is the beginning."""

    def script(call: Call) -> None:
        if call.headers.get("authorization") != "Bearer geheim":
            call.answer(b"{}", status="401 Unauthorized")
            return
        query = dict(part.split("=") for part in call.target.partition("?")[2].split("&"))
        assert query["limit"] == "2"
        call.answer(json.dumps(pages[query.get("cursor", "")]).encode())

    return script


def counters(call: Call) -> None:
    call.answer(b'{"counters": []}')


def fetched(server: Faults, cursor: str | None) -> list[tuple[str, str | None]]:
    http = Http(allow_private=server.allow, sleep=lambda _: None)
    payloads = source(server.url("")).fetch(http, cursor)
    return [(payload.name.partition("?")[0], payload.cursor) for payload in payloads]


def test_pages_are_read_to_the_last_and_the_counters_after_them() -> None:
    pages = {"": page(GOOD, next_cursor="a", has_more=True), "a": page(GOOD, next_cursor="b")}
    with serving({"/v1/events": platform(pages), "/v1/counters": counters}) as server:
        assert fetched(server, None) == [("/v1/events", "a"), ("/v1/events", "b"), ("/v1/counters", "b")]


def test_the_next_page_is_asked_for_only_after_the_last_was_saved() -> None:
    pages = {"": page(GOOD, next_cursor="a", has_more=True), "a": page(GOOD, next_cursor="b")}
    with serving({"/v1/events": platform(pages), "/v1/counters": counters}) as server:
        payloads = source(server.url("")).fetch(Http(allow_private=server.allow), None)
        next(payloads)
        assert server.hits["/v1/events"] == 1


def test_reading_goes_on_from_the_cursor() -> None:
    pages = {"a": page(next_cursor="a")}
    with serving({"/v1/events": platform(pages), "/v1/counters": counters}) as server:
        assert fetched(server, "a") == [("/v1/events", "a"), ("/v1/counters", "a")]


def test_a_page_that_cannot_be_read_keeps_the_cursor_and_ends_the_run() -> None:
    scripts = {"/v1/events": lambda call: call.answer(b"<html>"), "/v1/counters": counters}
    with serving(scripts) as server:
        assert fetched(server, "a") == [("/v1/events", "a")]


def test_a_cursor_that_does_not_move_is_an_error_and_no_endless_loop() -> None:
    with serving({"/v1/events": platform({"a": page(GOOD, next_cursor="a", has_more=True)})}) as server:
        with pytest.raises(FetchError, match="does not move"):
            fetched(server, "a")
        assert server.hits["/v1/events"] == 1


def test_a_refused_token_is_told_and_never_quoted() -> None:
    with serving({"/v1/events": status("401 Unauthorized")}) as server:
        with pytest.raises(FetchError, match="401") as caught:
            fetched(server, None)
        assert caught.value.permanent
        assert "geheim" not in str(caught.value)


def test_each_day_is_asked_for_its_totals_until_they_are_there_and_again_the_day_after() -> None:
    there: set[str] = set()
    asked: list[str] = []

    def statements(call: Call) -> None:
        day = call.target.rpartition("=")[2]
        asked.append(day)
        call.answer(json.dumps({"day": day, "statements": [STATED] if day in there else []}).encode())

    moment = [datetime(2022, 10, 29, 16, 5, tzinfo=UTC)]  # the thirtieth, five past midnight
    scripts = {
        "/v1/events": platform({"a": page(next_cursor="a")}),
        "/v1/counters": counters,
        "/v1/statements": statements,
    }
    with serving(scripts) as server:
        pulled = source(server.url(""), clock=lambda: moment[0], statements_from="2022-10-28")

        def run(**later: float) -> tuple[list[str], list[str]]:
            moment[0] += timedelta(**later)
            asked.clear()
            payloads = list(pulled.fetch(Http(allow_private=server.allow, sleep=lambda _: None), "a"))
            assert {payload.cursor for payload in payloads} == {"a"}
            return list(asked), [p.name.rpartition("=")[2] for p in payloads if "statements" in p.name]

        both, there_now = ["2022-10-28", "2022-10-29"], ["2022-10-28"]
        there.add("2022-10-28")
        assert run() == (both, there_now)
        assert run(seconds=15) == ([], [])
        there.add("2022-10-29")
        assert run(minutes=10) == (["2022-10-29"], ["2022-10-29"])
        assert run(hours=20) == ([], [])
        assert run(hours=4) == ([*both, "2022-10-30"], both)


def test_totals_are_not_asked_for_unless_the_configuration_says_since_when() -> None:
    with serving({"/v1/events": platform({"a": page(next_cursor="a")}), "/v1/counters": counters}) as server:
        late = source(server.url(""), clock=lambda: datetime(2022, 11, 5, tzinfo=UTC))
        names = [p.name for p in late.fetch(Http(allow_private=server.allow), "a")]
    assert [name.partition("?")[0] for name in names] == ["/v1/events", "/v1/counters"]


def test_totals_that_were_damaged_on_the_way_are_set_aside_and_asked_for_again() -> None:
    answers = [
        b'{"day": "2022-10-28", "statem',
        json.dumps({"day": "2022-10-28", "statements": [STATED]}).encode(),
    ]
    moment = [datetime(2022, 10, 29, 2, tzinfo=UTC)]
    scripts = {"/v1/events": platform({"a": page(next_cursor="a")}), "/v1/counters": counters}
    scripts["/v1/statements"] = lambda call: call.answer(answers.pop(0))
    with serving(scripts) as server:
        pulled = source(server.url(""), clock=lambda: moment[0], statements_from="2022-10-28")
        http = Http(allow_private=server.allow, sleep=lambda _: None)
        *_, damaged = pulled.fetch(http, "a")
        with pytest.raises(ParseError):
            pulled.parse(damaged)
        moment[0] += timedelta(minutes=10)
        *_, whole = pulled.fetch(http, "a")
        assert len(pulled.parse(whole).records) == 1
        assert answers == []
