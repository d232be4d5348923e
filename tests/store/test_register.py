"""Where the shops of the register stand: what a post's county may be read from."""

from sqlalchemy import Connection

from domain.register import Merchant
from store.queries.register import shops_by_county
from store.writes.register import load_merchants
from tests.store.events import OPENING
from tests.store.judged import shop

CITY = "140400"


def load(conn: Connection, *merchants: Merchant, version: str = "1" * 64) -> None:
    load_merchants(conn, list(merchants), version=version, now=OPENING)


def test_without_a_register_no_shop_is_known(conn: Connection) -> None:
    assert shops_by_county(conn, city=CITY) == {}


def test_a_shop_of_one_county_is_known_and_a_chain_of_several_is_not(conn: Connection) -> None:
    load(
        conn,
        shop("1", name="惠民超市"),
        shop("2", name="惠民超市"),
        shop("3", name="连锁药房", division="140404"),
        shop("4", name="连锁药房", division="140405"),
        shop("5", name="只知在市里", division=CITY),
        shop("6", name="一半知道", division=CITY),
        shop("7", name="一半知道", division="140404"),
    )
    assert shops_by_county(conn, city=CITY) == {"惠民超市": "140403"}


def test_the_newest_register_counts(conn: Connection) -> None:
    load(conn, shop("1", name="惠民超市"))
    load(conn, shop("1", name="惠民超市", division="140429"), version="2" * 64)
    assert shops_by_county(conn, city=CITY) == {"惠民超市": "140429"}
