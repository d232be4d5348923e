"""One campaign that is always the same: what most mistakes need to show, without any luck."""

from __future__ import annotations

from tests.store.ledger_machine import LedgerMachine
from tests.store.machine.town import LONG, PLACES, leave


def ordinary_campaign() -> None:
    """Two shops' vouchers, one used too late, a refund before its redemption, another in parts of which one is taken
    back, a correction, people erased.
    """
    machine = LedgerMachine()
    try:
        machine.claim(place=PLACES[0], minutes=[0, 1], used=61)
        machine.claim(place=PLACES[1], minutes=[0], used=LONG)
        machine.refund(which=0, returned=[None], apart=9)
        machine.deliver(which=[0], again=False, newest=True)
        machine.the_product_agrees()
        machine.deliver(which=[0, 0, 0], again=False, newest=False)
        machine.the_product_agrees()
        machine.publish()
        machine.correct(which=1, hours=5, order_fen=25_037, fate="stands", at_once=True)
        machine.complete(which=0, order_fen=25_037, with_last=True)
        machine.the_product_agrees()
        machine.refund(which=1, returned=[500, 300, 500], apart=9)
        machine.deliver(which=[0, 0, 0], again=True, newest=True)
        machine.the_product_agrees()
        machine.correct(which=7, hours=0, order_fen=None, fate="taken back", at_once=True)  # the second part
        machine.the_product_agrees()
        machine.erase()
        machine.the_product_agrees()
        machine.published_figures_stand(which=0)
    except BaseException:
        leave(machine.engine)
        raise
    machine.teardown()
