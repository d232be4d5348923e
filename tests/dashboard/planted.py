"""A deployment whose every secret is a canary, and a world outside that repeats whatever it is told."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import asyncssh
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.ingest.pushes import CONFIGURATION, Keys

SMALL = Path(__file__).parents[1] / "data" / "campaign-small.toml"
LOT = 'sub_project = "SP-CITY-R", template = "city.ret20", round = 1'
COMMON = """
[[source]]
id = "{id}"
kind = "{kind}"
name = "{kind}"
every_s = 60
stale_after_s = 600
"""
SOURCES = {
    "json_api": 'base_url = "{outside}/json"\nplatform = "city-pay"\ntoken_env = "JSON_TOKEN"',
    "weibo_search": 'base_url = "{outside}/weibo"\nkeywords = ["消费券"]\ncookie_env = "WEIBO_COOKIE"',
    "webhook_in": 'secret_env = "PUSH_SECRET"\nold_secret_env = "PUSH_OLD_SECRET"',
    "unionpay": 'base_url = "{outside}/unionpay"\nplatform = "city-pay"\napp_id = "app"\n'
    'secret_env = "UNIONPAY_SECRET"\nactivities = [{{ activity_no = "A1", configured = 10, ' + LOT + " }}]\n"
    'files = {{ url = "{outside}/files", mer_id = "1", cert_id = "2", since = 2022-10-28, '
    'private_key_env = "RSA_KEY", unionpay_public_key_env = "RSA_PUBLIC" }}',
    "alipay": 'gateway = "{outside}/alipay"\nplatform = "city-pay"\napp_id = "1"\nprivate_key_env = "RSA_KEY"\n'
    'alipay_public_key_env = "RSA_PUBLIC"\nactivities = [{{ activity_id = "B1", ' + LOT + " }}]",
    "bank_drop": 'platform = "bank-a"\nformat = "csv"\nsftp = {{ host = "127.0.0.1", port = {port}, user = "u", '
    'host_key = "{host_key}", password_env = "SFTP_PASSWORD" }}',
}  # fmt: skip
CHANNEL = '\n[[channel]]\nid = "{kind}"\nkind = "{kind}"\nname = "{kind}"\nlevel = "blue"\n'
CHANNELS = {
    "wecom": 'url_env = "WECOM_URL"',
    "dingtalk": 'url_env = "DINGTALK_URL"\nsecret_env = "DINGTALK_SECRET"',
    "feishu": 'url_env = "FEISHU_URL"\nsecret_env = "FEISHU_SECRET"',
    "webhook": 'url_env = "WEBHOOK_URL"\nsecret_env = "WEBHOOK_SECRET"',
    "mail": 'host = "127.0.0.1"\nport = 1\ntls = "none"\nsender = "a@b.c"\nto = ["d@e.f"]\nuser = "u"\n'
    'password_env = "SMTP_PASSWORD"',
}


@contextmanager
def outside() -> Iterator[tuple[str, list[str]]]:
    """An address that answers 403 with all it was sent, and the paths it was asked for."""
    asked: list[str] = []

    class Parrot(BaseHTTPRequestHandler):
        def answer(self) -> None:
            asked.append(self.path)
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            said = f"refused: {self.path}\n{self.headers}\n".encode() + body
            self.send_response(403)
            self.send_header("content-type", "text/plain")
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST = answer

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Parrot)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


def canary(name: str) -> str:
    return f"Canary-{name}-{secrets.token_hex(12)}"


def plant(folder: Path, address: str) -> tuple[dict[str, str], dict[str, str]]:
    """Writes the configuration into `folder`. The environment it wants, and every secret in it by name."""
    port = address.rsplit(":", 1)[1]
    keys, pem = Keys.made(), rsa.generate_private_key(public_exponent=65537, key_size=2048)
    keys.write(folder)
    (folder / "merchants.csv").write_text("merchant,county\n1600000001,140403\n")
    host_key = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    values = {"outside": address, "port": port, "host_key": host_key}
    parts = [
        COMMON.format(kind=kind, id=kind.replace("_", "-")) + text.format(**values)
        for kind, text in SOURCES.items()
    ]
    (folder / "sources.toml").write_text("\n".join([*parts, CONFIGURATION.format(keys=keys)]), "utf-8")
    told = [CHANNEL.format(kind=kind) + text.format(**values) for kind, text in CHANNELS.items()]
    (folder / "alerts.toml").write_text("\n".join(told), "utf-8")
    names = ("SECRET_KEY", "JSON_TOKEN", "WEIBO_COOKIE", "PUSH_SECRET", "PUSH_OLD_SECRET", "UNIONPAY_SECRET",
             "SFTP_PASSWORD", "DINGTALK_SECRET", "FEISHU_SECRET", "WEBHOOK_SECRET", "SMTP_PASSWORD",
             "WECOM_URL", "DINGTALK_URL", "FEISHU_URL", "WEBHOOK_URL")  # fmt: skip
    planted = {name: canary(name) for name in names}
    spoken = {
        n: f"{address}/bot/send?access_token={v}" if n.endswith("_URL") else v for n, v in planted.items()
    }
    private = pem.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    public = pem.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    planted |= {"RSA_KEY": private.splitlines()[5], "APIV3": keys.api_v3, "OIDC": canary("OIDC")}
    key = spoken.pop("SECRET_KEY")
    environ = {
        **spoken,
        "QUANQING_SECRET_KEY": key,
        "QUANQING_OIDC_ISSUER": "https://office.test",
        "QUANQING_OIDC_CLIENT_ID": "quanqing",
        "QUANQING_OIDC_CLIENT_SECRET": planted["OIDC"],
        "RSA_KEY": private,
        "RSA_PUBLIC": public.decode(),
        "APIV3": keys.api_v3,
        "QUANQING_DATA_DIR": str(folder / "var"),
        "QUANQING_CAMPAIGN": str(SMALL),
        "QUANQING_SOURCES": str(folder / "sources.toml"),
        "QUANQING_ALERTS": str(folder / "alerts.toml"),
        "QUANQING_ALLOW_PRIVATE": f"127.0.0.1:{port}",
    }
    return environ, planted
