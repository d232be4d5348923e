"""Kinds of sources, one file each. A kind fetches bytes and parses bytes; parsing never needs a network.

A kind's name in `sources.toml` is the name of its file; the file calls its class `SOURCE`.
"""

KINDS = (
    "bank_drop",
    "json_api",
    "rss",
    "hotlist",
    "hotlists",
    "wechatpay",
    "alipay",
    "unionpay",
    "weibo_search",
    "crawler_drop",
    "hotline",
    "webhook_in",
)
