"""Who leads on what people complain of: the first unit that the work plan's split of duties names."""

from __future__ import annotations

from typing import Final

_COMMERCE, _MARKET, _PLATFORM = "市商务局", "市市场监管局", "支付平台"

LEAD_UNIT: Final = {
    "grab_fail": _COMMERCE,
    "system_crash": _PLATFORM,
    "scalper": _MARKET,
    "cash_out": _MARKET,
    "price_gouging": _MARKET,
    "merchant_refusal": _MARKET,
    "redeem_fail": _PLATFORM,
    "geo_limit": _COMMERCE,
    "merchant_scope": _COMMERCE,
    "threshold": _COMMERCE,
    "refund": _PLATFORM,
    "expiry": _COMMERCE,
    "digital_divide": _COMMERCE,
    "publicity": _COMMERCE,
    "platform_binding": _PLATFORM,
    "scam": "公安机关",
    "fairness_fund": "市财政局",
    "service_hotline": _COMMERCE,
    "car_fuel": _COMMERCE,
    "offline_crowd": "县区政府",
    "merchant_settlement": _PLATFORM,
    "rumor": "市委网信办",
    "consult": _PLATFORM,
    "praise": "日报社",
}
"""By issue."""
