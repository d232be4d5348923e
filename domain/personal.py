"""What leads to a person, masked where it stands: phone, identity, plate, bank card, mail, chat account, @name.

Every pattern is bounded, so the time is linear in the text, whatever it holds. When in doubt a number is masked; the
numbers a city lives by (12345, 400-, order numbers, prices, dates) are no phone, card or identity and stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

PHONE, IDENTITY, PLATE, CARD, MAIL, CHAT, SOMEBODY = (
    "[手机号]",
    "[身份证号]",
    "[车牌号]",
    "[银行卡号]",
    "[邮箱]",
    "[微信QQ号]",
    "@某人",
)


def mask_personal(text: str) -> str:
    """The text with every listed form replaced by its name. Idempotent; text without any comes back as it was."""
    folded = text.translate(_FOLD)
    if not _ANYTHING.search(folded):
        return text
    parts, end = [], 0
    for found in _spans(folded):
        parts += [text[end : found.start], found.mask]
        end = found.end
        while text[end : end + 1] in ("\ufe0f", "\u20e3"):  # what made a keycap of the last digit
            end += 1
    return "".join([*parts, text[end:]])


def names_a_person(text: str) -> bool:
    """Whether a link or an id carries a phone number, an identity number or a mail address."""
    folded = text.translate(_FOLD)
    return any(next(find(folded), None) is not None for find in (_phones, _identities, _mails))


@dataclass(frozen=True, slots=True)
class _Found:
    start: int
    end: int
    mask: str


def _spans(folded: str) -> list[_Found]:
    """Without overlaps, in order; where two fit, the earlier kind of `_KINDS` has it."""
    taken: list[_Found] = []
    used = bytearray(len(folded))
    for find in _KINDS:
        for found in find(folded):
            if not any(used[found.start : found.end]):
                used[found.start : found.end] = b"\1" * (found.end - found.start)
                taken.append(found)
    return sorted(taken, key=lambda found: found.start)


# ---------------------------------------------------------------- folding: one character for one character


def _fold() -> dict[int, str]:
    table = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}  # full-width ASCII
    for first in (0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x0660, 0x06F0):  # other sets of ten digits
        table |= {first + n: str(n) for n in range(10)}
    for one in (0x2460, 0x2776, 0x2780, 0x278A, 0x24F5):  # circled 1 to 9
        table |= {one + n - 1: str(n) for n in range(1, 10)}
    table |= {0x24EA: "0", 0x24FF: "0"}
    table |= dict.fromkeys(
        map(ord, "\t\u00a0\u2002\u2003\u2009\u200a\u202f\u3000\ufe0f\u20e3\u200b\u200d"), " "
    )
    table |= dict.fromkeys(map(ord, "‐‑‒–—―−﹣─"), "-")
    return table | dict.fromkeys(map(ord, "·•・‧∙"), ".")


_FOLD = _fold()
_HAN_DIGITS = dict(
    zip(map(ord, "零〇一二三四五六七八九幺壹贰叁肆伍陆柒捌玖"), "00123456789" + "1123456789", strict=True)
)
_PROVINCE = "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]"
_ANYTHING = re.compile(
    r"[0-9](?:[^0-9\n]{0,3}[0-9]){3}|@|[(\[]at[)\]]|[零〇一二三四五六七八九幺壹贰叁肆伍陆柒捌玖]{5}|微信|薇信|威信|徽信|v信|"
    rf"加微|加薇|加v|wechat|weixin|vx|wx|{_PROVINCE}[ .\-]{{0,2}}[A-HJ-Z]",
    re.IGNORECASE,
)


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
_HAN = "零〇一二三四五六七八九幺壹贰叁肆伍陆柒捌玖"
_SPOKEN = re.compile(rf"[{_HAN}][ \-]{{0,2}}(?:[0-9{_HAN}][ \-]{{0,2}}){{8}}")
_LANDLINE = re.compile(
    r"(?<![0-9])(?:\(?(?:\+|00)?86\)?[ \-]{0,2})?\(?0[1-9][0-9]{1,2}\)?[ \-]{0,2}[2-8][0-9]{6,7}"
    r"(?:(?:转|-)[0-9]{1,6})?(?![0-9])"
)
_OFFICE = re.compile(r"(?:热线|客服|(?:咨询|投诉|举报|监督|服务|办公|受理|值班)电话)[^0-9]{0,8}$")


def _phones(folded: str) -> Iterator[_Found]:
    spoken = (folded.translate(_HAN_DIGITS),) if _SPOKEN.search(folded) else ()
    for text in (folded, *spoken) if spoken or _SEVEN.search(folded) else ():
        for found in _MOBILE.finditer(text):
            if _is_one_number(found["number"]) and not _is_decimal(found["number"]):
                yield _Found(found.start(), found.end(), PHONE)
    for found in _LANDLINE.finditer(folded) if _SEVEN.search(folded) else ():
        if not _OFFICE.search(_before(folded, found.start(), 16)):  # an office's number is no person's
            yield _Found(found.start(), found.end(), PHONE)


def _is_decimal(number: str) -> bool:
    return "." in number and _groups(number) not in ([3, 4, 4], [3, 3, 5], [4, 4, 3], [1] * 11)


# ---------------------------------------------------------------- identity numbers

_EIGHTEEN = re.compile(r"(?<![0-9])[1-9](?:[ \-.]?[0-9]){16}[ \-.]?[0-9Xx](?![0-9A-Za-z])")
_ANNOUNCED_ID = re.compile(
    r"身份证[^0-9\n]{0,12}(?P<number>[1-9](?:[ \-.]?[0-9]){13,16}(?:[ \-.]?[0-9Xx])?)(?![0-9])"
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_PROVINCES = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|91")


def _identities(folded: str) -> Iterator[_Found]:
    for found in _EIGHTEEN.finditer(folded):
        if _is_identity(re.sub(r"[ \-.]", "", found[0]).upper()) and _is_one_number(found[0]):
            yield _Found(found.start(), found.end(), IDENTITY)
    for found in _ANNOUNCED_ID.finditer(folded):  # so called, it is one, mistyped or old
        yield _Found(found.start("number"), found.end("number"), IDENTITY)


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
    rf"{_PROVINCE}[ .\-]{{0,2}}[A-HJ-Z][ .\-]{{0,2}}"
    rf"(?:[A-HJK]{_SIGN}[0-9]{{4}}|[0-9]{{5}}[A-HJK]|{_SIGN}{{4}}[A-HJ-NP-Z0-9挂学警港澳]"
    rf"|{_SIGN}(?: {_SIGN}){{4,5}})(?![A-Za-z0-9])",
    re.IGNORECASE,
)


def _plates(folded: str) -> Iterator[_Found]:
    for found in _PLATE.finditer(folded):
        digits = sum(sign.isdigit() for sign in found[0])
        if digits >= (1 if found[0].upper() == found[0] else 3):  # in small letters it might be a word
            yield _Found(found.start(), found.end(), PLATE)


# ---------------------------------------------------------------- bank cards

_LONG = re.compile(r"(?<![0-9])[2-69](?:[ \-]?[0-9]){14,18}(?![0-9])")
_ANNOUNCED_CARD = re.compile(
    r"(?:卡号|银行卡|储蓄卡|信用卡|借记卡|社保卡|[账帐]号|账户)[^0-9\n]{0,12}"
    r"(?P<number>[0-9](?:[ \-]?[0-9]){11,18})(?![0-9])"
)
_OTHER_NUMBER = re.compile(r"(?:订单|流水|单号|编号|交易|凭证|券码|核销码|批次|受理)[^0-9]{0,8}$")


def _cards(folded: str) -> Iterator[_Found]:
    for found in _ANNOUNCED_CARD.finditer(folded):
        yield _Found(found.start("number"), found.end("number"), CARD)
    for found in _LONG.finditer(folded):
        number = re.sub(r"[ \-]", "", found[0])
        ordered = _OTHER_NUMBER.search(_before(folded, found.start(), 14))
        if _is_card(number) and not ordered and _is_one_number(found[0]):
            yield _Found(found.start(), found.end(), CARD)


def _is_card(number: str) -> bool:
    """A card's first digits, its length and the check digit (ISO/IEC 7812)."""
    unionpay = number.startswith(("62", "60", "9558", "9559", "9400", "9843")) and 16 <= len(number) <= 19
    abroad = re.fullmatch(r"4[0-9]{15}|5[1-5][0-9]{14}|2[2-7][0-9]{14}|35[0-9]{14}|3[47][0-9]{13}", number)
    doubled = (int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(number)))
    return bool(unionpay or abroad) and sum(n - 9 * (n > 9) for n in doubled) % 10 == 0


# ---------------------------------------------------------------- mail, chat accounts, @names

_MAIL = re.compile(
    r"(?<![A-Za-z0-9._%+\-])[A-Za-z0-9._%+\-]{1,64} ?(?:@|[(\[]at[)\]]) ?"
    r"[A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,63}){1,4}",
    re.IGNORECASE,
)
_WECHAT = re.compile(
    r"(?:(?P<weak>微信|薇信|威信|徽信|(?<![a-z])(?:v信|wechat|weixin|vx|wx))|加微信?|加薇|加v|\+v)"
    r"(?P<strong>号码|号|id|同号)?[ ]{0,2}(?P<told>是|为|[:=\-])?[ ]{0,2}"
    r"(?P<id>[a-z][-_a-z0-9]{5,19}|(?<=[:号 是为])[1-9][0-9]{5,10})(?![a-z0-9])",
    re.IGNORECASE,
)
_CHAT_WORD = re.compile(
    r"微信|薇信|威信|徽信|加微|加薇|加v|\+v|v信|wechat|weixin|vx|wx|qq|扣扣|企鹅|叩叩|球球", re.IGNORECASE
)
_WXID = re.compile(r"wxid_[a-z0-9]{6,30}", re.IGNORECASE)
_QQ = re.compile(
    r"(?:(?<![a-z])qq|扣扣|企鹅|叩叩|球球)(?:号码|号|群号|群)?[ ]{0,2}(?:是|为|[:=])?[ ]{0,2}"
    r"(?P<id>[1-9](?:[ \-]?[0-9]){4,10})(?![0-9])",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?<![A-Za-z0-9])@(?P<name>[\w\-.]{1,20})(?=[\s:,/]|$)")
_PUBLIC = re.compile(
    r"(?:发布|日报|晚报|早报|时报|新闻|融媒|电视台|广播|在线|网|局|委|委员会|政府|办|办公室|公安|交警|法院|检察院|银行|"
    r"云闪付|支付宝|微信支付|美团|平台|热线|消费券|客服|12345)$"
)


def _mails(folded: str) -> Iterator[_Found]:
    for found in _MAIL.finditer(folded):
        yield _Found(found.start(), found.end(), MAIL)


def _chats(folded: str) -> Iterator[_Found]:
    if not _CHAT_WORD.search(folded):
        return
    for found in _WXID.finditer(folded):
        yield _Found(found.start(), found.end(), CHAT)
    for found in _WECHAT.finditer(folded):
        told = found["strong"] or found["told"] or not found["weak"]
        if told or re.search(r"[0-9_]", found["id"]):  # "微信 official": a word, no account
            yield _Found(found.start("id"), found.end("id"), CHAT)
    for found in _QQ.finditer(folded):
        yield _Found(found.start("id"), found.end("id"), CHAT)


def _names(folded: str) -> Iterator[_Found]:
    """An office, a paper or a platform that is called upon is no person."""
    for found in _NAME.finditer(folded):
        if not _PUBLIC.search(found["name"]):
            yield _Found(found.start(), found.end(), SOMEBODY)


_KINDS: tuple[Callable[[str], Iterator[_Found]], ...] = (
    _mails,
    _identities,
    _cards,
    _phones,
    _plates,
    _chats,
    _names,
)
