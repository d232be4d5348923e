"""Awkward CSV files: encodings, decorations, and every way people write a number, an amount, a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from domain.records import Kind
from tests.ingest.corpus.case import FIVE, ROW_COUNT, SHOP, SUM_FEN, Case, first, renamed, table
from tests.ingest.payloads import HEADER, ROWS, SUB, awkward_table, csv_bytes

FACE = "面额(元)"
AT = "核销时间"
MIDNIGHT = datetime(2022, 10, 27, 16, tzinfo=UTC)
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
SERIAL = 44862 + (9 * 3600 + 60) / 86400

# what stands in the cell of the first row -> it still means the same
SAME: tuple[tuple[str, str], ...] = (
    ("流水号", '="62220000000000000001"'),
    ("流水号", "'62220000000000000001"),
    ("流水号", "`62220000000000000001"),
    ("流水号", "’62220000000000000001"),
    ("流水号", " 62220000000000000001\t"),
    ("流水号", "62220000000000000001".translate(WIDE)),
    ("券码", "Ｖ０００１"),
    ("券码", "\ufeffV0001"),
    ("券码", "V0001\u200b"),
    (FACE, "20"),
    (FACE, "20.0"),
    (FACE, "20元"),
    (FACE, "¥20.00"),
    (FACE, "￥20"),
    (FACE, "２０．００"),
    (FACE, "20.00 元"),
    ("订单金额(元)", "1001.5元"),
    ("订单金额(元)", "1，001.50"),
    ("订单金额(元)", "'1,001.50"),
    ("订单金额(元)", "1001.50"),
    (AT, "2022/10/28 9:01"),
    (AT, "2022/10/28 09:01:00"),
    (AT, "2022年10月28日9时1分"),
    (AT, "2022年10月28日 09:01:00"),
    (AT, "2022-10-28T09:01:00+08:00"),
    (AT, "2022-10-28T01:01:00Z"),
    (AT, "20221028090100"),
    (AT, "20221028 090100"),
    (AT, "2022.10.28 9:01"),
    (AT, f"{SERIAL:.10f}"),
    (AT, "2022-10-28 09:01:00.000"),
    (AT, "２０２２－１０－２８　０９：０１：００"),
    ("县区代码", "１４０４２３"),
    ("县区代码", " 140423"),
    ("子项目号", ""),
    ("子项目号", "—"),
)

# what stands in the cell of the first row -> the row is set aside for this field
SPOILT: tuple[tuple[str, str], ...] = (
    ("流水号", "6.222E+19"),
    ("流水号", "6.22200000000000E+19"),
    ("流水号", "６.222Ｅ＋19"),
    ("券码", "1E5"),
    ("原流水号", "6.222E+19"),
    ("券码", "Ｖ 0001"),
    ("流水号", "锟斤拷"),
    ("商户号", "商户一"),
    ("用户标识(已脱敏)", "张三"),
    (FACE, "20.005"),
    (FACE, "2E1"),
    (FACE, "-20.00"),
    (FACE, "(20.00)"),
    (FACE, "20,00"),
    (FACE, "二十元"),
    (FACE, "0.00"),
    (FACE, ""),
    ("订单金额(元)", "1,001.50.00"),
    ("实付金额(元)", "#REF!"),
    ("实付金额(元)", "=M2-K2"),
    (AT, "28/10/2022 9:01"),
    (AT, "10-28 09:01"),
    (AT, "2022-02-30 09:01:00"),
    (AT, "1900-01-00"),
    (AT, "##########"),
    (AT, "2022-10-28 25:01:00"),
    (AT, "上午9:01"),
    (AT, "44862,375"),
    ("县区代码", "1404"),
    ("县区代码", "襄垣县"),
    ("批次号", "ret20"),
    ("批次号", "xiangyuan.ret20#R01"),
    ("子项目号", "xiangyuan-P2-R"),
)


def cases() -> Iterator[Case]:
    yield from _encodings()
    yield from _shapes()
    yield from _kinds()
    yield from _broken()
    for number, (column, text) in enumerate(SAME):
        yield Case(name=f"same-{number}-{column}-{text}", body=csv_bytes(table(**{column: text})))
    for number, (column, text) in enumerate(SPOILT):
        is_origin = column == "原流水号"
        yield Case(
            name=f"spoilt-{number}-{column}-{text}",
            body=csv_bytes(
                renamed(table(**{column: text}), AT, "退款时间") if is_origin else table(**{column: text})
            ),
            letters="TK" if is_origin else "HX",
            events=() if is_origin else FIVE[1:],
            rejects=tuple((f"row {n}", column) for n in range(2, 7 if is_origin else 3)),
        )


def _encodings() -> Iterator[Case]:
    flagged = (ROW_COUNT, SUM_FEN)
    for encoding in ("gb18030", "utf-8", "utf-8-sig", "utf-16", "utf-32"):
        body = csv_bytes(table(), encoding)
        yield Case(name=f"encoding-{encoding}", body=body, told=flagged, shop=SHOP)
        yield Case(
            name=f"awkward-{encoding}", body=csv_bytes(awkward_table(), encoding), told=flagged, shop=SHOP
        )
    big = ("\ufeff" + csv_bytes(table(), "utf-8").decode()).encode("utf-16-be")
    yield Case(name="encoding-utf-16-be-bom", body=big, shop=SHOP)
    yield Case(name="encoding-utf-16-tabs", body=csv_bytes(table(), "utf-16", delimiter="\t"), shop=SHOP)
    plain = renamed(table(), SHOP, "襄垣县镕记超市")
    yield Case(name="encoding-gbk", body=csv_bytes(plain, "gbk"), shop="襄垣县镕记超市")
    traditional = renamed([["流水號", *HEADER[1:]], *table()[1:]], SHOP, "超市")
    yield Case(
        name="encoding-big5",
        body=csv_bytes(traditional, "utf-8").decode().encode("big5", "ignore"),
        broken=".",
    )
    yield Case(name="encoding-utf-16-without-bom", body=csv_bytes(table(), "utf-16-le"), broken=".")
    yield Case(name="encoding-utf-7", body=csv_bytes(table(), "utf-7"), broken="header")
    twice = csv_bytes(table(), "utf-8").decode("gb18030", "replace").encode()
    yield Case(name="encoding-mojibake-saved-as-utf-8", body=twice, broken="header")
    replaced = csv_bytes(table(), "utf-8").decode("ascii", "replace").encode()
    yield Case(name="encoding-replacement-marks", body=replaced, broken="header")
    head, tail = csv_bytes(table()[:3], "gb18030"), csv_bytes(table()[3:], "utf-8")
    yield Case(name="encoding-changes-midway", body=head + tail, broken="gb18030")
    yield Case(
        name="encoding-utf-8-with-a-broken-byte",
        body=csv_bytes(table(), "utf-8")[:-60] + b"\xff\r\n",
        broken=".",
    )
    yield Case(name="encoding-gb18030-cut-in-a-character", body=csv_bytes(table())[:1] + b"\r\n", broken=".")


def _shapes() -> Iterator[Case]:
    rows = table()
    title, made = ["政府数字消费券核销明细表"], ["制表单位：银行甲", "2022年10月28日"]
    total = ["合计", *[""] * 9, "100.00", "5007.50"]
    yield Case(name="title-rows", body=csv_bytes([title, made, [], *rows]))
    yield Case(name="many-title-rows", body=csv_bytes([title] * 25 + rows))
    yield Case(name="total-row", body=csv_bytes([*rows, total]), told=(ROW_COUNT, SUM_FEN))
    yield Case(
        name="total-with-spaces", body=csv_bytes([*rows, ["合　　计", *total[1:]]]), told=(ROW_COUNT, SUM_FEN)
    )
    yield Case(name="total-in-the-second-cell", body=csv_bytes([*rows, ["", "总计", *total[2:]]]))
    yield Case(
        name="page-totals-and-headers", body=csv_bytes([*rows[:3], total, title, rows[0], *rows[3:], total])
    )
    yield Case(
        name="header-on-every-page-moved",
        body=csv_bytes([*rows[:3], *(["", *row] for row in [rows[0], *rows[3:]])]),
    )
    yield Case(
        name="trailing-notes",
        body=csv_bytes([*rows, ["制表人：张三", "", "复核：李四"], ["备注：以实际为准"]]),
    )
    yield Case(name="trailing-empty-columns", body=csv_bytes([[*row, *[""] * 200] for row in rows]))
    yield Case(name="trailing-empty-rows", body=csv_bytes([*rows, *[[""] * 14] * 300]))
    yield Case(name="leading-empty-column", body=csv_bytes([["", *row] for row in rows]))
    yield Case(
        name="numbered-rows",
        body=csv_bytes([["序号", *rows[0]], *([str(n), *row] for n, row in enumerate(rows[1:], 1))]),
    )
    yield Case(name="columns-in-another-order", body=csv_bytes([row[::-1] for row in rows]))
    yield Case(
        name="full-width-brackets",
        body=csv_bytes([[str(c).replace("(", "（").replace(")", "）") for c in rows[0]], *rows[1:]]),
    )
    yield Case(
        name="spaces-in-the-header", body=csv_bytes([[f" {c[0]} {c[1:]} " for c in HEADER], *rows[1:]])
    )
    yield Case(
        name="line-breaks-in-the-header",
        body=csv_bytes([[str(c).replace("(", "\n(") for c in rows[0]], *rows[1:]]),
    )
    yield Case(name="line-break-in-a-name", body=csv_bytes(renamed(rows, SHOP, "一店\r\n二店")))
    yield Case(name="comma-and-quote-in-a-name", body=csv_bytes(renamed(rows, SHOP, '"甲,乙"超市')))
    yield Case(
        name="unknown-extra-column",
        body=csv_bytes([[*rows[0], "收银员"], *([*row, "王五"] for row in rows[1:])]),
    )
    yield Case(name="line-ends-lf", body=csv_bytes(rows).replace(b"\r\n", b"\n"))
    yield Case(name="line-ends-cr", body=csv_bytes(rows).replace(b"\r\n", b"\r"))
    yield Case(name="no-last-line-end", body=csv_bytes(rows).rstrip())
    yield Case(name="end-of-file-mark", body=csv_bytes(rows) + b"\x1a")
    yield Case(name="semicolons", body=csv_bytes(rows, delimiter=";"))
    yield Case(name="separator-line", body=b"sep=,\r\n" + csv_bytes(rows))
    yield Case(name="same-row-twice", body=csv_bytes([*rows, rows[1]]), events=(*FIVE, FIVE[0]))
    yield Case(name="nothing-happened", body=csv_bytes([rows[0], total[:10]]), events=(), told=(0, 0))


def _kinds() -> Iterator[Case]:
    claims = tuple(replace(event, kind=Kind.CLAIM, county=None) for event in FIVE)
    yield Case(name="claims", body=csv_bytes(renamed(table(), AT, "领取时间")), letters="LQ", events=claims)
    refunds = tuple(replace(e, kind=Kind.REFUND, origin_event_no="H1", returned_fen=2000) for e in FIVE)
    rows = [HEADER, *((*row[:13], "H1") for row in ROWS)]
    yield Case(name="refunds", body=csv_bytes(renamed(rows, AT, "退款时间")), letters="TK", events=refunds)
    yield Case(
        name="a-claim-file-under-a-redemption-name",
        body=csv_bytes(renamed(table(), AT, "领取时间")),
        broken="header",
    )
    other = renamed(table(), SUB, "xiangyuan-P2-R")
    every = tuple((f"row {n}", "子项目号") for n in range(2, 7))
    yield Case(name="another-tranche", body=csv_bytes(other), events=(), rejects=every)
    yield Case(
        name="midnight", body=csv_bytes(table(**{AT: "2022/10/28"})), events=first(occurred_at=MIDNIGHT)
    )


def _broken() -> Iterator[Case]:
    whole = csv_bytes(table())
    flagged = (ROW_COUNT, SUM_FEN)
    yield Case(name="half-file", body=whole[: len(whole) // 2], told=flagged, broken=".")
    yield Case(name="half-file-at-a-row", body=csv_bytes(table()[:4]), told=flagged, broken="5 rows")
    yield Case(name="flag-with-other-rows", body=whole, told=(4, SUM_FEN), broken="4 rows")
    yield Case(name="flag-with-another-sum", body=whole, told=(5, SUM_FEN + 1), broken="10001 fen")
    yield Case(name="header-only-of-a-title", body=csv_bytes([["政府数字消费券核销明细表"]]), broken="header")
    yield Case(name="no-header", body=csv_bytes(table()[1:]), broken="header")
    yield Case(name="header-too-far-down", body=csv_bytes([["题"]] * 40 + table()), broken="header")
    yield Case(name="a-column-twice", body=csv_bytes([[*HEADER, FACE], *table()[1:]]), broken="twice")
    yield Case(name="no-face-column", body=csv_bytes(renamed(table(), FACE, "面值")), broken="missing")
    yield Case(name="empty", body=b"", broken="header")
    yield Case(name="zeros", body=bytes(5000), broken="utf-8")
    yield Case(name="a-page-of-html", body="<html><body>系统维护中</body></html>".encode(), broken="header")
    yield Case(name="a-quote-never-closed", body=csv_bytes(table()[:1]) + b'"' + b"x" * 200_000, broken=".")
    yield Case(name="a-workbook-under-a-csv-name", body=b"PK\x03\x04" + bytes(100), broken="workbook")
    yield Case(
        name="an-old-workbook-under-a-csv-name", body=b"\xd0\xcf\x11\xe0" + bytes(100), broken="workbook"
    )
    yield Case(name="too-wide", body=csv_bytes([[*HEADER, *["x"] * 100], *table()[1:]]), broken="columns")
