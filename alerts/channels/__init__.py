"""The kinds of channel, one file each, each with its class as `CHANNEL`."""

from alerts.channel import Channel
from alerts.channels import dingtalk, feishu, folder, mail, webhook, wecom

KINDS: dict[str, type[Channel]] = {
    "wecom": wecom.CHANNEL,
    "dingtalk": dingtalk.CHANNEL,
    "feishu": feishu.CHANNEL,
    "mail": mail.CHANNEL,
    "webhook": webhook.CHANNEL,
    "folder": folder.CHANNEL,
}
