/* Keeps the desk's pages live: a new alert, or one whose level rises, is said on whatever page of the desk is open, and
 * the queue shows it at once. Nothing a person is writing is touched, focus stays where it is. Without this script the
 * queue loads itself anew every half minute. The server side: dashboard/live/stream.py (hints), dashboard/desk/routes.py. */
(function () {
  "use strict";
  const SAFETY_MS = 30000, LEAST_MS = 2000, KEY = "quanqing-desk-known";
  const news = document.getElementById("desk-news");
  if (!news) return;
  const scope = news.dataset.scope ? "/" + news.dataset.scope : "";
  const live = document.getElementById("desk-live"); // on the queue's page alone
  const title = document.title;
  let version, asked = -Infinity, timer = 0, busy = false, again = false, said = [];

  const alertsIn = (root) => [...root.querySelectorAll("[data-alert]")].map((row) => ({ ...row.dataset }));
  const keyOf = (alert) => alert.alert + ":" + alert.level;

  function known() {
    try { return JSON.parse(sessionStorage.getItem(KEY)); } catch (_) { return null; }
  }

  function remember(alerts) {
    try { sessionStorage.setItem(KEY, JSON.stringify(alerts.map(keyOf))); } catch (_) { /* private mode: said again */ }
  }

  function put(words, link) {
    const line = document.createElement("p");
    line.textContent = words;
    if (link) {
      const a = document.createElement("a");
      a.href = link;
      a.textContent = "打开";
      line.append(" ", a);
    }
    return line;
  }

  function say(fresh, trouble) {
    said = [...fresh.filter((a) => !said.some((b) => b.alert === a.alert)), ...said];
    const lines = said.slice(0, 3).map((a) => put("新预警 " + a.words, "/desk/alerts/" + encodeURIComponent(a.alert)));
    if (said.length > 3) lines.push(put("另有 " + (said.length - 3) + " 条", "/desk"));
    if (trouble) lines.unshift(put(trouble, trouble.includes("登录") ? "/login?next=/desk" : ""));
    const held = news.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    news.replaceChildren(...lines);
    if (held) focusOn(news, held);
    document.title = said.length ? "(" + said.length + ") " + title : title;
  }

  const focusOn = (root, address) => {
    const link = [...root.querySelectorAll("a")].find((a) => a.getAttribute("href") === address);
    if (link) link.focus({ preventScroll: true });
  };

  function draw(page) {
    const there = page.getElementById("desk-live");
    if (!live || !there || live.innerHTML === there.innerHTML) return;
    const selection = getSelection();
    if (selection && !selection.isCollapsed && live.contains(selection.anchorNode)) return; // somebody is copying
    const held = live.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    live.replaceChildren(...there.childNodes);
    if (held) focusOn(live, held);
  }

  async function renew() {
    if (busy) { again = true; return; } // what is under way may be from before the news
    busy = true;
    asked = performance.now();
    try {
      const answer = await fetch("/api/v1/desk", { cache: "no-store", credentials: "same-origin", redirect: "error" });
      if (answer.status === 401 || answer.status === 403) { say([], "登录已过期，新预警不再显示，请重新登录。"); return; }
      if (answer.status !== 200) throw new Error("status " + answer.status);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const alerts = alertsIn(page), before = known();
      draw(page);
      say(before ? alerts.filter((a) => !before.includes(keyOf(a))) : [], "");
      remember(alerts);
    } catch (_) {
      say([], "与服务器的连接中断，正在重试；此页可能不是最新。");
    } finally {
      busy = false;
      if (again) { again = false; soon(); }
    }
  }

  function soon() {
    clearTimeout(timer);
    timer = setTimeout(renew, Math.max(0, asked + LEAST_MS - performance.now()));
  }

  function listen() {
    const source = new EventSource("/api/v1/stream" + scope);
    source.onmessage = (event) => {
      let hint = {};
      try { hint = JSON.parse(event.data); } catch (_) { return; }
      if (hint.version === version) return;
      version = hint.version;
      soon();
    };
    source.onerror = () => { if (source.readyState === EventSource.CLOSED) setTimeout(listen, SAFETY_MS); };
  }

  /* j and k go from line to line, / to the search, e corrects the post in hand, o opens its reposts. Never while
   * somebody is writing. */
  function pressed(event) {
    const at = document.activeElement;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (at && at.closest("input, select, textarea, [contenteditable]")) return;
    const lines = [...document.querySelectorAll("[data-alert] a, article.post")];
    const here = lines.findIndex((line) => line.contains(at));
    if (event.key === "j" || event.key === "k") {
      const next = lines[Math.min(Math.max(here + (event.key === "j" ? 1 : -1), 0), lines.length - 1)];
      if (next) { if (!next.href) next.tabIndex = -1; next.focus(); }
    } else if (event.key === "/") {
      const words = document.querySelector("input[type=search]");
      if (!words) return;
      words.focus();
    } else if ((event.key === "e" || event.key === "o") && here >= 0) {
      const link = lines[here].querySelector(event.key === "e" ? "a[data-edit]" : "a[data-open]");
      if (!link) return;
      link.click();
    } else return;
    event.preventDefault();
  }

  /* What is under way (a backtest) is asked for again until it is done; a form beside it keeps what was typed. */
  async function follow() {
    const place = document.querySelector("[data-again-s]");
    if (!place) return;
    try {
      const answer = await fetch(location.pathname, { cache: "no-store", credentials: "same-origin", redirect: "error" });
      const there = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(place.id);
      if (answer.status === 200 && there) place.replaceWith(document.adoptNode(there));
    } catch (_) { /* the next time */ }
    setTimeout(follow, 1000 * Number(place.dataset.againS));
  }

  document.addEventListener("keydown", pressed);
  setTimeout(follow, 2000);
  if (live) remember(alertsIn(live));
  listen();
  setInterval(renew, SAFETY_MS);
  window.addEventListener("online", soon);
})();
