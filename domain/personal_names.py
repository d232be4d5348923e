"""Mail addresses, chat accounts and @names in a text that was folded to plain digits and letters."""

from __future__ import annotations

import re
from collections.abc import Iterator

from domain.personal_numbers import Found

MAIL, CHAT, SOMEBODY = "[邮箱]", "[微信QQ号]", "@某人"

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
# as platforms read it: the name ends with the first mark, whichever it is; Weibo's have up to 30 characters
_NAME = re.compile(r"(?<![A-Za-z0-9])@(?P<name>[\w\-]{1,30}(?:\.[\w\-]{1,20}){0,3})(?![\w\-])")
_PUBLIC = re.compile(
    r"(?:发布|日报|晚报|早报|时报|新闻|融媒|电视台|广播|在线|网|局|委|委员会|政府|办|办公室|公安|交警|法院|检察院|银行|"
    r"云闪付|支付宝|微信支付|美团|平台|热线|消费券|客服|12345)$"
)


def mails(folded: str) -> Iterator[Found]:
    for found in _MAIL.finditer(folded):
        yield Found(found.start(), found.end(), MAIL)


def chats(folded: str) -> Iterator[Found]:
    if not _CHAT_WORD.search(folded):
        return
    for found in _WXID.finditer(folded):
        yield Found(found.start(), found.end(), CHAT)
    for found in _WECHAT.finditer(folded):
        told = found["strong"] or found["told"] or not found["weak"]
        if told or re.search(r"[0-9_]", found["id"]):  # "微信 official": a word, no account
            yield Found(found.start("id"), found.end("id"), CHAT)
    for found in _QQ.finditer(folded):
        yield Found(found.start("id"), found.end("id"), CHAT)


def names(folded: str) -> Iterator[Found]:
    """An office, a paper or a platform that is called upon is no person."""
    for found in _NAME.finditer(folded):
        if not _PUBLIC.search(found["name"]):
            yield Found(found.start(), found.end(), SOMEBODY)
