from __future__ import annotations

import gc
import hashlib
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from pydantic import ValidationError

from domain.errors import FetchError
from ingest import drop_sftp
from ingest.http import Http
from ingest.source import Deployment
from ingest.sources.bank_drop import BankDrop
from tests.ingest.payloads import HEADER, NAME, ROWS, csv_bytes
from tests.ingest.sftp_bank import PASSWORD, USER, SftpBank

BODY = csv_bytes([HEADER, *ROWS])
OTHER_KEY = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[SftpBank]:
    folder = tmp_path / "bank"
    (folder / "out").mkdir(parents=True)
    with SftpBank(folder).running() as running:
        yield running


def source(bank: SftpBank, *, password: str = PASSWORD, **changes: Any) -> BankDrop:
    place = {"host": "127.0.0.1", "port": bank.port, "user": USER, "path": "out", "host_key": bank.host_key,
             "password_env": "BANK_PASSWORD"} | changes  # fmt: skip
    place = {key: value for key, value in place.items() if value is not None}
    return BankDrop.model_validate(
        {"id": "bank-a", "kind": "bank_drop", "name": "银行甲", "every_s": 60, "stale_after_s": 7200,
         "platform": "bank-a", "sftp": place, "format": "csv"},
        context=Deployment(environ={"BANK_PASSWORD": password, "BANK_KEY": "bank.key"}, folder=bank.folder),
    )  # fmt: skip


def http(bank: SftpBank) -> Http:
    return Http(allow_private=bank.allow)


def flag(body: bytes) -> str:
    return f"rows=5;sum_fen=10000;sha256={hashlib.sha256(body).hexdigest()}"


def drop(bank: SftpBank, body: bytes = BODY, *, name: str = NAME, told: str | None = None) -> Path:
    path = bank.folder / "out" / f"{name}.csv"
    path.write_bytes(body)
    path.with_suffix(".ok").write_text(told or flag(body))
    return path


def trouble(bank: SftpBank, drop_source: BankDrop, door: Http | None = None) -> FetchError:
    with pytest.raises(FetchError) as caught:
        list(drop_source.fetch(door or http(bank), None))
    return caught.value


def test_a_flagged_file_is_read_once_and_a_re_sent_one_again(bank: SftpBank) -> None:
    (bank.folder / "out" / f"{NAME}.csv").write_bytes(BODY)
    here = source(bank)
    assert list(here.fetch(http(bank), None)) == [], "no flag yet"
    assert bank.opened == [], "nothing is read before its flag"
    drop(bank)
    (payload,) = here.fetch(http(bank), None)
    assert (payload.name, payload.body, payload.manifest) == (f"{NAME}.csv", BODY, flag(BODY))
    assert len(here.parse(payload).records) == 5
    assert list(here.fetch(http(bank), payload.cursor)) == []
    more = csv_bytes([HEADER, *ROWS, ROWS[0]])
    drop(bank, more)
    (again,) = here.fetch(http(bank), payload.cursor)
    assert again.body == more


def test_a_private_key_opens_the_door_too(bank: SftpBank) -> None:
    bank.user_key.write_private_key(bank.folder / "bank.key")
    drop(bank)
    here = source(bank, password_env=None, key_file_env="BANK_KEY")
    assert [payload.body for payload in here.fetch(http(bank), None)] == [BODY]


def test_a_hundred_files_come_in_their_order(bank: SftpBank) -> None:
    for number in range(100, 0, -1):
        drop(bank, name=f"{NAME[:-2]}{number}")
    names = [payload.name for payload in source(bank).fetch(http(bank), None)]
    assert names == [f"{NAME[:-2]}{number}.csv" for number in range(1, 101)]


def test_a_server_with_another_host_key_learns_no_password(bank: SftpBank) -> None:
    drop(bank)
    error = trouble(bank, source(bank, host_key=OTHER_KEY))
    assert (error.cause, error.permanent) == ("refused", True)
    assert "pinned" in error.message
    assert bank.logins == 0


def test_a_wrong_password_is_told_without_being_shown(bank: SftpBank) -> None:
    error = trouble(bank, source(bank, password="not-this-one"))
    assert error.permanent
    assert "not-this-one" not in error.message
    assert "not-this-one" not in repr(source(bank, password="not-this-one"))


def test_a_private_address_that_is_not_allowed_is_not_called(bank: SftpBank) -> None:
    error = trouble(bank, source(bank), Http())
    assert error.permanent
    assert "private" in error.message
    assert bank.logins == 0


def test_a_file_that_drips_is_given_up_in_time_and_leaves_no_noise(
    bank: SftpBank, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    drop(bank, BODY * 50)
    bank.drip_s = 0.2
    monkeypatch.setattr(drop_sftp, "READING_S", 1.0)
    started = time.monotonic()
    assert "within 1 s" in trouble(bank, source(bank)).message
    assert time.monotonic() - started < 20  # dripped to its end it takes longer
    gc.collect()
    assert caplog.records == []


def test_a_server_that_answers_nothing_is_given_up_in_time(
    bank: SftpBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drop_sftp, "LISTING_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        mute = Http(allow_private=(f"127.0.0.1:{port}",))
        assert "within 0 s" in trouble(bank, source(bank, port=port), mute).message


def test_a_file_at_odds_with_its_flag_becomes_a_trouble_and_then_heals(bank: SftpBank) -> None:
    path = drop(bank, BODY[:-10], told=flag(BODY))
    here = source(bank)
    assert list(here.fetch(http(bank), None)) == []
    assert path.name in trouble(bank, here).message
    path.write_bytes(BODY)
    assert [payload.body for payload in here.fetch(http(bank), None)] == [BODY]


def test_names_that_lead_elsewhere_are_never_opened(bank: SftpBank) -> None:
    (bank.folder / f"{NAME}.csv").write_bytes(BODY)
    bank.listed_too = (
        f"../{NAME}.csv",
        f"../{NAME}.ok",
        f"/{NAME}.csv",
        f"/{NAME}.ok",
        "..\\a.csv",
        "..\\a.ok",
    )
    drop(bank, name=f"{NAME[:-2]}02")
    assert len(list(source(bank).fetch(http(bank), None))) == 1
    assert not [path for path in bank.opened if ".." in path or not path.startswith("out/")]


def test_links_and_folders_are_no_files_and_strange_names_hurt_nobody(bank: SftpBank) -> None:
    out = bank.folder / "out"
    (bank.folder / "secret.csv").write_bytes(BODY)
    os.symlink("../secret.csv", out / f"{NAME}.csv")
    (out / f"{NAME}.ok").write_text(flag(BODY))
    (out / "a.csv").mkdir()
    Path(os.fsdecode(os.fsencode(out) + "/说明".encode("gbk"))).write_bytes(b"x")
    assert list(source(bank).fetch(http(bank), None)) == []


def test_a_file_over_the_size_limit_is_not_fetched(bank: SftpBank) -> None:
    path = drop(bank)
    with path.open("r+b") as file:
        file.truncate(20_000_001)
    assert list(source(bank).fetch(http(bank), None)) == []
    assert [name for name in bank.opened if name.endswith(".csv")] == []


def test_a_folder_that_is_not_there_is_told(bank: SftpBank) -> None:
    assert "cannot be read" in trouble(bank, source(bank, path="gone")).message


@pytest.mark.parametrize(
    "changes",
    [{"host_key": None}, {"host_key": "ssh-ed25519 nonsense"}, {"password_env": None}, {"key_file_env": "BANK_KEY"},
     {"password_env": None, "key_file_env": "BANK_KEY"}, {"password_env": "UNSET"}, {"host": "a/b"}, {"trust": True}],
)  # fmt: skip
def test_a_place_without_a_pinned_key_or_one_secret_is_refused_at_start(
    bank: SftpBank, changes: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError):
        source(bank, **changes)
