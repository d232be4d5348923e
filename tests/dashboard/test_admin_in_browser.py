"""A new administrator's first hour, in Chromium, against `quanqing serve` on an empty folder.

The printed passwords, their change, the phones of those who run the system; then a desk user with a phone, a county
user, a machine, a screen that is paired and one that is revoked. With QUANQING_PICTURES=<folder> every page is kept
there, to be looked at.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import REPOSITORY
from tests.dashboard.little_house import free_port

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PATIENCE_S = 60
DARK_WITHIN_S = 10
PICTURES = os.environ.get("QUANQING_PICTURES")
PRINTED = re.compile(r"(系统管理员|安全管理员|审计管理员) +(\w+) +([a-z0-9-]{23})")
ONE_TIME = re.compile(r"[a-z0-9]{5}(-[a-z0-9]{5}){3}")


@dataclass
class First:
    """A deployment just started: its address, and what it printed."""

    address: str
    printed: dict[str, tuple[str, str]]
    told: str


@pytest.fixture
def first(tmp_path: Path) -> Iterator[First]:
    port, told = free_port(), tmp_path / "told.txt"
    environ = {name: value for name, value in os.environ.items() if not name.startswith("QUANQING_")}
    environ |= {
        "QUANQING_DATA_DIR": str(tmp_path),
        "QUANQING_CAMPAIGN": str(REPOSITORY / "rehearsal" / "campaign.toml"),
        "QUANQING_SOURCES": str(tmp_path / "sources.toml"),
        "QUANQING_BASE_URL": f"http://127.0.0.1:{port}",
    }
    command = [sys.executable, "-m", "dashboard", "serve", "--port", str(port)]
    with told.open("wb") as output:
        process = subprocess.Popen(command, cwd=REPOSITORY, env=environ, stdout=output, stderr=output)
        try:
            _until(lambda: _is_up(f"http://127.0.0.1:{port}"))
            said = told.read_text(encoding="utf-8")
            found = PRINTED.findall(said)
            printed = {role: (name, password) for role, name, password in found}
            yield First(address=f"http://127.0.0.1:{port}", printed=printed, told=said)
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


@dataclass
class Person:
    """One person at one browser, with one phone."""

    page: Page
    address: str
    name: str
    password: str
    phone: pyotp.TOTP | None = None
    shown: int = 0  # codes so far: each counts once, and nobody waits half a minute here

    def sign_in(self) -> None:
        self.page.goto(f"{self.address}/login")
        self.page.get_by_label("账号").fill(self.name)
        self.page.get_by_label("密码").fill(self.password)
        self.page.get_by_role("button", name="登录").click()

    def change_password(self, *, tried_first: str = "") -> None:
        expect(self.page.get_by_text("请先更改密码")).to_be_visible()
        if tried_first:
            self._say(tried_first)
            expect(self.page.get_by_role("alert")).to_contain_text("太常见")
        self.picture("password")
        new = f"新的口令 {self.name[::-1]} 2022"
        self._say(new)
        self.password = new

    def _say(self, new: str) -> None:
        self.page.get_by_label("现密码").fill(self.password)
        self.page.get_by_label("新密码", exact=True).fill(new)
        self.page.get_by_label("再输入一次新密码").fill(new)
        self.page.get_by_role("button", name="更改密码").click()

    def bind_phone(self) -> None:
        image = self.page.get_by_role("img", name="动态口令二维码")
        expect(image).to_be_visible()
        expect(image).to_have_js_property("complete", True)
        assert image.evaluate("image => image.naturalWidth") > 100, "the QR code is drawn"
        self.phone = pyotp.TOTP(str(self.page.locator(".secret code").text_content()).replace(" ", ""))
        self.picture("factor")
        self.page.get_by_label("动态口令", exact=True).fill(self.next_code())
        self.page.get_by_role("button", name="启用").click()
        expect(self.page.locator(".codes li")).to_have_count(10)
        self.picture("recovery")
        self.page.get_by_role("link", name="已记下，继续").click()

    def show_code(self) -> None:
        expect(self.page.get_by_text("请输入手机验证器上的动态口令")).to_be_visible()
        self.picture("code")
        self.page.get_by_label("动态口令", exact=True).fill(self.next_code())
        self.page.get_by_role("button", name="继续").click()

    def sign_out(self) -> None:
        self.page.goto(f"{self.address}/login")
        self.picture("signed-in")
        self.page.get_by_role("button", name="退出登录").click()
        expect(self.page.get_by_role("button", name="登录")).to_be_visible()

    def next_code(self) -> str:
        assert self.phone is not None
        self.shown += 1
        return self.phone.at(datetime.now(UTC), counter_offset=self.shown - 1)  # one ahead is taken, too

    def picture(self, what: str, *, of: Page | None = None) -> None:
        if PICTURES:
            number = len(list(Path(PICTURES).glob("*.png")))
            (of or self.page).screenshot(path=f"{PICTURES}/{number:02d}-{self.name}-{what}.png")


def test_from_the_printed_passwords_to_people_a_machine_and_screens(browser: Browser, first: First) -> None:
    faults: list[str] = []
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(PATIENCE_S * 1000)
    page.on("console", lambda m: faults.append(m.text) if "Content Security Policy" in m.text else None)
    assert set(first.printed) == {"系统管理员", "安全管理员", "审计管理员"}

    boss = Person(page, first.address, *first.printed["系统管理员"])
    assert f"打开 {first.address}/login" in first.told
    boss.picture("start")
    boss.sign_in()
    boss.change_password(tried_first="Password2022!")
    boss.bind_phone()
    page.wait_for_url(f"{first.address}/admin/accounts")
    people = {name: _make(boss, name) for name in ("wang", "li")}
    boss.picture("accounts")
    boss.sign_out()

    guard = Person(page, first.address, *first.printed["安全管理员"])
    guard.sign_in()
    guard.change_password()
    guard.bind_phone()
    page.wait_for_url(f"{first.address}/admin/grants")
    _grant(page, "wang", "市数字消费券发放工作专班", "（全市）")
    _grant(page, "li", "各县(区)政府 / 工作专班", "潞州区")
    guard.picture("grants")
    page.get_by_role("link", name="会话").click()
    guard.picture("sessions")
    token = _token(guard)
    guard.sign_out()

    desk = Person(page, first.address, "wang", people["wang"])
    desk.sign_in()
    desk.change_password()
    desk.bind_phone()
    desk.sign_out()
    desk.sign_in()
    desk.show_code()
    page.goto(f"{first.address}/desk")
    expect(page.get_by_role("heading", name="值班台")).to_be_visible()
    desk.picture("desk")
    screen = _screen(browser, first, faults)
    _pair(desk, screen)
    _revoke(desk, screen)
    screen.close()
    desk.sign_out()

    county = Person(page, first.address, "li", people["li"])
    county.sign_in()
    county.change_password()
    page.wait_for_url(f"{first.address}/desk")
    page.goto(f"{first.address}/sources")
    expect(page.get_by_text("无权查看")).to_be_visible()
    county.picture("refused")
    page.get_by_role("link", name="返回我的账号").click()
    expect(page.locator(".who")).to_contain_text("潞州区")
    county.picture("county-signed-in")
    page.get_by_role("link", name="值班台").click()
    expect(page.get_by_role("heading", name="值班台")).to_be_visible()
    county.picture("county-desk")

    bearer = {"authorization": f"Bearer {token}"}
    with httpx.Client(headers=bearer, trust_env=False, timeout=PATIENCE_S) as machine:
        asked = [machine.get(f"{first.address}{path}").status_code for path in (
            "/api/v1/snapshot/140403", "/api/v1/snapshot/140404", "/api/v1/snapshot", "/briefings")]  # fmt: skip
    assert asked == [503, 403, 403, 303]  # no worker has drawn a picture yet
    assert faults == []
    page.close()


def _make(boss: Person, name: str) -> str:
    boss.page.get_by_label("账号").fill(name)
    boss.page.get_by_role("button", name="新建").click()
    shown = boss.page.locator(".once")
    expect(shown).to_contain_text(name)
    boss.picture(f"made-{name}")
    found = ONE_TIME.search(str(shown.text_content()))
    assert found is not None
    return found[0]


def _grant(page: Page, name: str, role: str, county: str) -> None:
    row = page.locator("tr", has=page.locator(f'input[name="name"][value="{name}"]')).first
    row.get_by_label("角色").select_option(label=role)
    row.get_by_label("县区").select_option(label=county)
    row.get_by_role("button", name="授权").click()
    expect(page.locator("tr", has_text=name).locator("td").nth(1)).to_contain_text(role)


def _screen(browser: Browser, first: First, faults: list[str]) -> Page:
    """Switched on and opened at the wall's address, which is all that is done at it."""
    screen = browser.new_page(viewport={"width": 1440, "height": 900})
    screen.set_default_timeout(PATIENCE_S * 1000)
    screen.on("console", lambda m: faults.append(m.text) if "Content Security Policy" in m.text else None)
    screen.goto(f"{first.address}/wall")
    expect(screen.locator("#code")).to_have_text(re.compile("^[0-9A-Z]{6}$"))
    return screen


def _pair(desk: Person, screen: Page) -> None:
    desk.page.goto(f"{desk.address}/login")
    desk.page.get_by_role("link", name="大屏设备").click()
    desk.picture("no-displays")
    desk.picture("pairing-code", of=screen)
    desk.page.get_by_label("配对码").fill(str(screen.locator("#code").text_content()))
    desk.page.get_by_label("名称").fill("三楼指挥大厅")
    desk.page.get_by_role("button", name="配对", exact=True).click()
    screen.wait_for_url(f"{desk.address}/wall")
    expect(screen.locator("#wall-clock")).to_be_visible()
    desk.picture("paired", of=screen)
    desk.page.reload()
    expect(desk.page.locator("article", has_text="三楼指挥大厅")).to_contain_text("在线")
    desk.picture("displays")


def _revoke(desk: Person, screen: Page) -> None:
    card = desk.page.locator("article", has_text="三楼指挥大厅")
    card.get_by_text("撤销", exact=True).click()
    desk.picture("revoking")
    screen.route("**/healthz", lambda route: route.abort())  # dark it stays, to be looked at
    since = time.monotonic()
    card.get_by_role("button", name="确认撤销").click()
    expect(screen.locator("#wall-dark")).to_be_visible(timeout=DARK_WITHIN_S * 1000)
    assert time.monotonic() - since < DARK_WITHIN_S
    screen.unroute("**/healthz")
    expect(screen.locator("#why")).to_have_text("此屏已停用，可重新配对")
    desk.picture("dark", of=screen)
    expect(desk.page.get_by_text("已撤销 1 块")).to_be_visible()
    desk.picture("revoked")
    screen.goto(f"{desk.address}/wall")
    assert screen.url == f"{desk.address}/pair"


def _token(guard: Person) -> str:
    page = guard.page
    page.get_by_role("link", name="接口令牌").click()
    page.get_by_label("用途").fill("统计局报表")
    page.get_by_label("范围").select_option(label="潞州区")
    page.get_by_label("大屏数据").check()
    page.get_by_role("button", name="新建").click()
    token = str(page.locator(".once code").text_content())
    guard.picture("token")
    return token


def _is_up(address: str) -> bool:
    try:
        return httpx.get(f"{address}/healthz", trust_env=False).is_success
    except httpx.HTTPError:
        return False


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, "did not come true in time"
        time.sleep(0.05)
