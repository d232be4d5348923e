"""What WeChat Pay says: stocks and used coupons as JSON, flow files as CSV, its own numbers for everything."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any

from domain.terms import SHANGHAI
from rehearsal.ledger import REFUND, Happening, Lot

_READY = time(10, 0)
_USE_HEADER = (
    "批次id,优惠id,优惠类型,优惠金额（元）,订单总金额（元）,交易类型,支付单号,消耗时间,"
    "消耗商户号,设备号,银行流水号,单品信息"
)
# no document shows this file's columns: ours are a guess, and the connector goes by their names
_REFUND_HEADER = (
    "批次id,优惠id,优惠类型,优惠金额（元）,交易类型,支付单号,退款时间,消耗商户号,设备号,银行流水号,单品信息"
)


def stock_id(lot: Lot) -> str:
    return f"1{lot.prefix}"


def coupon_id(h: Happening) -> str:
    return f"7{h.voucher_no[1:]}"


def coupon(h: Happening, *, claimed: int, merchant: str, mchid: str) -> dict[str, Any]:
    """A used coupon as the callback seals it. No order amount: none is promised."""
    template = h.lot.template
    return {
        "stock_creator_mchid": mchid,
        "stock_id": stock_id(h.lot),
        "coupon_id": coupon_id(h),
        "coupon_name": template.name[:9],
        "status": "USED",
        "description": template.name,
        "create_time": moment(claimed),
        "coupon_type": "NORMAL",
        "no_cash": False,
        "available_begin_time": moment(h.lot.opens),
        "available_end_time": moment(h.lot.use_until),
        "singleitem": False,
        "normal_coupon_information": {
            "coupon_amount": template.face_fen,
            "transaction_minimum": template.min_spend_fen,
        },
        "consume_information": {
            "consume_time": moment(h.at),
            "consume_mchid": merchant,
            "transaction_id": f"42{h.event_no[1:]}",
        },
    }


def stock(lot: Lot, *, mchid: str, distributed: int, now: int) -> dict[str, Any]:
    """One stock as list and detail show it."""
    status = "unactivated" if now < lot.opens else "running" if now <= lot.use_until else "stoped"  # sic
    template = lot.template
    return {
        "stock_id": stock_id(lot),
        "stock_creator_mchid": mchid,
        "stock_name": template.name[:9],
        "status": status,
        "create_time": moment(lot.opens - 86_400),
        "description": template.name,
        "stock_use_rule": {
            "max_coupons": lot.quantity,
            "max_amount": lot.quantity * template.face_fen,
            "max_amount_by_day": 0,
            "fixed_normal_coupon": {
                "coupon_amount": template.face_fen,
                "transaction_minimum": template.min_spend_fen,
            },
            "max_coupons_per_user": 1,
            "coupon_type": "NORMAL",
            "combine_use": False,
        },
        "available_begin_time": moment(lot.opens),
        "available_end_time": moment(lot.use_until),
        "distributed_coupons": distributed,
        "no_cash": False,
        "singleitem": False,
        "stock_type": "NORMAL",
    }


def use_flow(rows: Iterable[tuple[Happening, str]], *, bom: bool) -> bytes:
    """The file of (redemption, merchant id)."""
    lines = [
        _line(
            (stock_id(h.lot), coupon_id(h), "全场代金券", yuan(h.lot.template.face_fen), yuan(h.order_fen or 0), "支付",
             f"42{h.event_no[1:]}", local_clock(h.at), merchant)
        )
        for h, merchant in rows
    ]  # fmt: skip
    return _file(_USE_HEADER, lines, bom=bom)


def refund_flow(rows: Iterable[tuple[Happening, str]], *, bom: bool) -> bytes:
    """The file of (refund, merchant id)."""
    lines = [
        _line(
            (stock_id(h.lot), coupon_id(h), "全场代金券", yuan(h.returned_fen or 0), "退款",
             f"42{(h.origin_event_no or '')[1:]}", local_clock(h.at), merchant)
        )
        for h, merchant in rows
    ]  # fmt: skip
    return _file(_REFUND_HEADER, lines, bom=bom)


def yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def moment(at: int) -> str:
    return datetime.fromtimestamp(at, SHANGHAI).isoformat(timespec="milliseconds")


def local_clock(at: int) -> str:
    return f"{datetime.fromtimestamp(at, SHANGHAI):%Y-%m-%d %H:%M:%S}"


def _line(cells: Iterable[str]) -> str:
    return ",".join(f"`{cell}" for cell in cells) + ',"","",""'


def _file(header: str, lines: list[str], *, bom: bool) -> bytes:
    text = "\r\n".join([header, *lines, "总条数", f"`{len(lines)}", ""])
    return text.encode("utf-8-sig" if bom else "utf-8")


def as_numbered(h: Happening) -> Happening:
    """With the platform's numbers: a use has its coupon's; a refund has none of its own in the file, so its second."""
    number = coupon_id(h)
    if h.kind == REFUND:
        stamp = local_clock(h.at).translate({ord(c): None for c in "- :"})
        return h._replace(event_no=f"{number}.{stamp}", voucher_no=number, origin_event_no=number)
    return h._replace(event_no=number, voucher_no=number)


def written_down(lot: Lot) -> dict[str, Any]:
    """What a deployment writes down of a stock."""
    return {
        "stock_id": stock_id(lot),
        "sub_project": lot.programme.sub_projects.redeem,
        "template": lot.template.id,
        "round": lot.round_no,
        "face_fen": lot.template.face_fen,
    }


def nobodys_stock(like: dict[str, Any]) -> dict[str, Any]:
    """A stock of the same merchant that nobody wrote down: its tranche cannot be told."""
    return like | {
        "stock_id": f"9{like['stock_id'][1:]}",
        "stock_name": "其他活动代金券",
        "distributed_coupons": 77,
    }


def files_made_at(now: int) -> float:
    """Epoch seconds of the last 10:00."""
    here = datetime.fromtimestamp(now, SHANGHAI)
    today = datetime.combine(here.date(), _READY, SHANGHAI)
    return (today if here >= today else today - timedelta(days=1)).timestamp()


def ready_at(lot: Lot) -> float:
    """Epoch seconds from which its files may be fetched: 10:00 on the day after its end."""
    day = datetime.fromtimestamp(lot.use_until, SHANGHAI).date() + timedelta(days=1)
    return datetime.combine(day, _READY, SHANGHAI).timestamp()
