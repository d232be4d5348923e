"""Phone, identity, card numbers and plates in a text that was folded to plain digits and letters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

PHONE, IDENTITY, PLATE, CARD = "[手机号]", "[身份证号]", "[车牌号]", "[银行卡号]"
PROVINCE = "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]"
HAN = "零〇一二三四五六七八九幺壹贰叁肆伍陆柒捌玖"
_HAN_DIGITS = dict(zip(map(ord, HAN), "00123456789" + "1123456789", strict=True))


@dataclass(frozen=True, slots=True)
class Found:
    start: int
    end: int
    mask: str


def _before(text: str, at: int, length: int) -> str:
    return text[max(0, at - length) : at]


def _groups(matched: str) -> list[int]:
    return [len(group) for group in re.findall(r"[0-9Xx]+", matched)]


def _is_one_number(matched: str) -> bool:
    """People write a number in two to five groups, digit by digit or in pairs; anything else is a list of numbers."""
    groups = _groups(matched)
    even = len(set(groups[:-1])) == 1 and groups[-1] <= groups[0]
    return len(groups) == 1 or even or (len(groups) <= 5 and min(groups) > 1)


# ---------------------------------------------------------------- phones

_GAP = r"[ \-./_~]{0,3}"
_MOBILE = re.compile(
    rf"(?<![0-9])(?:\(?(?:\+|00)?86\)?{_GAP})?(?P<number>1{_GAP}[3-9](?:{_GAP}[0-9]){{9}})(?![0-9])"
)
_SEVEN = re.compile(r"[0-9](?:[^0-9\n]{0,3}[0-9]){6}")
_SPOKEN = re.compile(rf"[{HAN}][ \-]{{0,2}}(?:[0-9{HAN}][ \-]{{0,2}}){{8}}")
_LANDLINE = re.compile(
    r"(?<![0-9])(?:\(?(?:\+|00)?86\)?[ \-]{0,2})?\(?0[1-9][0-9]{1,2}\)?[ \-]{0,2}[2-8][0-9]{6,7}"
    r"(?:(?:转|-)[0-9]{1,6})?(?![0-9])"
)
_OFFICE = re.compile(r"(?:热线|客服|(?:咨询|投诉|举报|监督|服务|办公|受理|值班)电话)[^0-9]{0,8}$")


def phones(folded: str) -> Iterator[Found]:
    spoken = (folded.translate(_HAN_DIGITS),) if _SPOKEN.search(folded) else ()
    for text in (folded, *spoken) if spoken or _SEVEN.search(folded) else ():
        for found in _MOBILE.finditer(text):
            if _is_one_number(found["number"]) and not _is_decimal(found["number"]):
                yield Found(found.start(), found.end(), PHONE)
    for found in _LANDLINE.finditer(folded) if _SEVEN.search(folded) else ():
        if not _OFFICE.search(_before(folded, found.start(), 16)):  # an office's number is no person's
            yield Found(found.start(), found.end(), PHONE)


def _is_decimal(number: str) -> bool:
    return "." in number and _groups(number) not in ([3, 4, 4], [3, 3, 5], [4, 4, 3], [1] * 11)


# ---------------------------------------------------------------- identity numbers

_EIGHTEEN = re.compile(r"(?<![0-9])[1-9](?:[ \-.]?[0-9]){16}[ \-.]?[0-9Xx](?![0-9A-Za-z])")
_ANNOUNCED_ID = re.compile(
    r"身份证[^0-9\n]{0,12}(?P<number>[1-9](?:[ \-.]?[0-9]){13,16}(?:[ \-.]?[0-9Xx])?)(?![0-9])"
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_PROVINCES = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|91")


def identities(folded: str) -> Iterator[Found]:
    for found in _EIGHTEEN.finditer(folded):
        if _is_identity(re.sub(r"[ \-.]", "", found[0]).upper()) and _is_one_number(found[0]):
            yield Found(found.start(), found.end(), IDENTITY)
    for found in _ANNOUNCED_ID.finditer(folded):  # so called, it is one, mistyped or old
        yield Found(found.start("number"), found.end("number"), IDENTITY)


def _is_identity(number: str) -> bool:
    """GB 11643: a division, a date and a check digit."""
    if not _PROVINCES.match(number):
        return False
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == number[17]


# ---------------------------------------------------------------- plates

_SIGN = "[A-HJ-NP-Z0-9]"
_PLATE = re.compile(
    rf"{PROVINCE}[ .\-]{{0,2}}[A-HJ-Z][ .\-]{{0,2}}"
    rf"(?:[A-HJK]{_SIGN}[0-9]{{4}}|[0-9]{{5}}[A-HJK]|{_SIGN}{{4}}[A-HJ-NP-Z0-9挂学警港澳]"
    rf"|{_SIGN}(?: {_SIGN}){{4,5}})(?![A-Za-z0-9])",
    re.IGNORECASE,
)


def plates(folded: str) -> Iterator[Found]:
    for found in _PLATE.finditer(folded):
        digits = sum(sign.isdigit() for sign in found[0])
        if digits >= (1 if found[0].upper() == found[0] else 3):  # in small letters it might be a word
            yield Found(found.start(), found.end(), PLATE)


# ---------------------------------------------------------------- bank cards

_LONG = re.compile(r"(?<![0-9])[2-69](?:[ \-]?[0-9]){14,18}(?![0-9])")
_ANNOUNCED_CARD = re.compile(
    r"(?:卡号|银行卡|储蓄卡|信用卡|借记卡|社保卡|[账帐]号|账户)[^0-9\n]{0,12}"
    r"(?P<number>[0-9](?:[ \-]?[0-9]){11,18})(?![0-9])"
)
_OTHER_NUMBER = re.compile(r"(?:订单|流水|单号|编号|交易|凭证|券码|核销码|批次|受理)[^0-9]{0,8}$")


def cards(folded: str) -> Iterator[Found]:
    for found in _ANNOUNCED_CARD.finditer(folded):
        yield Found(found.start("number"), found.end("number"), CARD)
    for found in _LONG.finditer(folded):
        number = re.sub(r"[ \-]", "", found[0])
        ordered = _OTHER_NUMBER.search(_before(folded, found.start(), 14))
        if _is_card(number) and not ordered and _is_one_number(found[0]):
            yield Found(found.start(), found.end(), CARD)


def _is_card(number: str) -> bool:
    """A card's first digits, its length and the check digit (ISO/IEC 7812)."""
    unionpay = number.startswith(("62", "60", "9558", "9559", "9400", "9843")) and 16 <= len(number) <= 19
    abroad = re.fullmatch(r"4[0-9]{15}|5[1-5][0-9]{14}|2[2-7][0-9]{14}|35[0-9]{14}|3[47][0-9]{13}", number)
    doubled = (int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(number)))
    return bool(unionpay or abroad) and sum(n - 9 * (n > 9) for n in doubled) % 10 == 0
