/* Keeps a wall alive: fetches the newest snapshot, sets the properties that changed, never gives up, and never lets
 * an old picture pass for a new one. The server side is dashboard/live/stream.py (hints) and dashboard/live/api.py (snapshots).
 *
 * Ages are measured with performance.now(): the device's clock and zone do not matter. Elements it fills by itself:
 * #wall-clock, #wall-date, #wall-connection (with data-state), and #wall-stale, which it makes. */
(function () {
  "use strict";
  const STALE_MS = 12000, SAFETY_MS = 30000, POLL_MS = 5000, ABORT_MS = 8000;
  const BACKOFF_MS = 500, BACKOFF_MOST_MS = 5000, RESIZE_MS = 200, UNREADY_MS = 60000, IDLE_MS = 300;
  const WEEKDAYS = "日一二三四五六";

  const quanqing = (window.quanqing = window.quanqing || {});
  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    quanqing: { ready: () => { setTimeout(() => quanqing.onReady(), 0); return 1; } },
  });
  quanqing.onReady = () => {};

  const route = /^\/wall(?:\/(\d{6}))?\/?$/.exec(location.pathname);
  if (!route) return;
  const scope = route[1] ? "/" + route[1] : "";
  const replayAt = new URLSearchParams(location.search).get("at");
  const snapshotUrl = () => "/api/v1/snapshot" + scope + (replayAt ? "?at=" + encodeURIComponent(replayAt) : "?hinted=" + hinted + base());
  const base = () => (shown && !stored && !needsWhole ? "&since=" + shown.version : ""); // then only what changed need be sent
  const build = (document.querySelector('meta[name="quanqing-build"]') || {}).content || "";
  const storageKey = "quanqing-snapshot" + scope;

  let ready = false; // React has drawn the layout; properties set before that vanish
  let shown = null; // the snapshot on screen
  let etag = null;
  let applied = new Map(); // "id property" -> what was last set, and its JSON
  let verifiedAt = performance.now(); // when the server last vouched for what is shown; page start before the first time
  let stored = false; // what is shown came from localStorage: unverified
  let busy = false, again = false, failures = 0, retryTimer = 0, askedAt = -Infinity;
  let source = null, heardAt = performance.now(), streamFailures = 0;
  let serverClock = null; // {ms, at, speed}
  let needsWhole = false; // the last answer told of changes to another picture than ours
  let hinted = 0; // the newest version a hint told of; the process that answers may not have seen it yet
  let trouble = ""; // "", "signed-out", "no-worker"

  const now = () => performance.now();
  const byId = (id) => document.getElementById(id);
  const backoff = (n) => Math.random() * Math.min(BACKOFF_MOST_MS, BACKOFF_MS * 2 ** Math.min(n, 10));

  function scaled(figure) {
    if (!quanqing.scaleFigure) return figure;
    return quanqing.scaleFigure(figure, quanqing.scale ? quanqing.scale() : 1);
  }

  /* What can be seen first; scenes that wait their turn when the browser has nothing better to do. */
  function draw() {
    if (!ready || !shown) return;
    const later = [];
    for (const [id, props] of Object.entries(shown.values)) {
      const element = byId(id);
      if (element && element.closest(".scene:not(.shown)")) later.push([id, props]);
      else set(id, props);
    }
    const drawn = shown;
    if (later.length) whenIdle(() => { if (drawn === shown) later.forEach(([id, props]) => set(id, props)); });
  }

  const whenIdle = (work) => (window.requestIdleCallback ? requestIdleCallback(work, { timeout: IDLE_MS }) : setTimeout(work, IDLE_MS));

  function set(id, props) {
    try {
      const changed = {}, taken = {};
      for (const [name, value] of Object.entries(props)) {
        const there = applied.get(id + " " + name);
        if (there && there.value === value) continue; // most stay the same object: only what changed came
        const text = JSON.stringify(value);
        if (there && there.text === text) { there.value = value; continue; }
        changed[name] = name === "figure" ? scaled(value) : value;
        taken[id + " " + name] = { value, text };
      }
      if (Object.keys(changed).length === 0) return;
      if (!quanqing.draw(id, changed)) return;
      Object.entries(taken).forEach(([key, one]) => applied.set(key, one));
    } catch (error) { // one bad value must not stop the others
      console.warn("quanqing: cannot set", id, error);
    }
  }

  quanqing.onReady = () => { ready = true; applied = new Map(); draw(); tick(); };

  let resizeTimer = 0;
  window.addEventListener("resize", () => {
    clearTimeout(resizeTimer);
    resizeTimer = setTimeout(() => {
      for (const key of [...applied.keys()]) if (key.endsWith(" figure")) applied.delete(key);
      draw();
    }, RESIZE_MS);
  });

  function checked(text) {
    const snapshot = JSON.parse(text);
    const isWhole = snapshot && Number.isInteger(snapshot.version) && snapshot.values && typeof snapshot.values === "object";
    if (!isWhole || (scope && snapshot.scope !== scope.slice(1))) throw new Error("no snapshot");
    return snapshot.since === undefined ? snapshot : completed(snapshot);
  }

  /* Only what changed since the picture on screen was sent: the rest stays as it is. */
  function completed(changes) {
    needsWhole = !shown || shown.version !== changes.since || shown.build !== changes.build;
    if (needsWhole) throw new Error("changes of another picture");
    const values = { ...shown.values };
    for (const [id, props] of Object.entries(changes.values)) values[id] = { ...values[id], ...props };
    const { since, ...whole } = changes;
    return { ...whole, values };
  }

  async function ask() {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), ABORT_MS);
    try {
      const headers = etag ? { "If-None-Match": etag } : {};
      const rules = { headers, cache: "no-store", credentials: "same-origin", redirect: "error", signal: stop.signal };
      const answer = await fetch(snapshotUrl(), rules);
      return { answer, text: answer.status === 200 ? await answer.text() : "" };
    } finally { clearTimeout(timer); }
  }

  async function refresh() {
    if (busy) { again = true; return; }
    busy = true;
    askedAt = now();
    clearTimeout(retryTimer);
    try {
      const { answer, text } = await ask();
      if (answer.status === 200) take(checked(text), answer.headers.get("ETag"));
      else if (answer.status !== 304 || !shown) throw Object.assign(new Error("status " + answer.status), { status: answer.status });
      trouble = trouble === "signed-out" ? "" : trouble;
      failures = 0;
      heardFrom(answer.headers);
      followBuild(answer.status, answer.headers.get("X-Build"));
    } catch (error) { // whatever came instead: the last good picture stays
      if (error.status === 401 || error.status === 403) { trouble = "signed-out"; if (quanqing.onRefused) quanqing.onRefused(); }
      retryTimer = setTimeout(refresh, backoff(failures++));
    } finally {
      busy = false;
      if (again) { again = false; setTimeout(refresh, 0); }
      tick();
    }
  }

  function take(snapshot, tag) {
    shown = snapshot;
    etag = tag;
    stored = needsWhole = false;
    draw();
    if (!replayAt) whenIdle(() => { if (shown === snapshot && !quanqing.isDark) keep(Date.now(), tag); }); // half a megabyte: pixels first
  }

  function keep(at, tag) { save(localStorage, storageKey, JSON.stringify({ at, tag, text: JSON.stringify(shown) })); }

  function heardFrom(headers) {
    setClock(headers.get("X-Server-Time"), parseFloat(headers.get("X-Clock-Speed")));
    const age = headers.get("X-Verified-S");
    if (age !== null && age !== "") verified(Number(age));
  }

  /* The server vouches for what is shown, by a look into its store `age` seconds ago. */
  function verified(age) {
    const at = now() - age * 1000;
    if (!Number.isFinite(at)) return;
    verifiedAt = stored ? at : Math.max(verifiedAt, at);
    stored = false;
  }

  /* Another build means another layout: load it, but only when the server is surely up, and once for each build. */
  function followBuild(status, theirs) {
    if (!theirs || !build || theirs === build || load(sessionStorage, "quanqing-reloaded") === theirs) return;
    if (status !== 200) { etag = null; again = true; return; }
    if (save(sessionStorage, "quanqing-reloaded", theirs)) location.reload();
  }

  function save(storage, key, value) {
    try { storage.setItem(key, value); return true; } catch (error) { return false; }
  }

  function load(storage, key) {
    try { return storage.getItem(key); } catch (error) { return null; }
  }

  /* After a restart of the screen during an outage: yesterday's picture, marked as such, beats an empty wall. */
  function showStored() {
    try {
      const kept = JSON.parse(load(localStorage, storageKey));
      if (!kept || shown) return;
      shown = checked(kept.text);
      etag = kept.tag;
      stored = true;
      verifiedAt = now() - Math.max(0, Date.now() - kept.at);
    } catch (error) { /* nothing usable was kept */ }
  }

  function listen() {
    if (source) source.close();
    heardAt = now();
    const mine = (source = new EventSource("/api/v1/stream" + scope));
    mine.onmessage = (event) => {
      try { takeHint(JSON.parse(event.data)); } catch (error) { return; }
      heardAt = now();
      streamFailures = 0;
    };
    mine.onerror = () => {
      mine.close();
      if (source !== mine) return;
      source = null;
      setTimeout(() => { if (!source) listen(); }, backoff(streamFailures++));
    };
  }

  function takeHint(hint) {
    if (quanqing.onOrders) quanqing.onOrders(hint.display || null);
    setClock(hint.server_time, hint.speed);
    hinted = Number.isInteger(hint.version) ? hint.version : 0;
    if (hint.worker === false && !trouble) trouble = "no-worker";
    if (hint.worker === true && trouble === "no-worker") trouble = "";
    const isNews = !shown || stored || hint.version !== shown.version;
    if (isNews || (hint.build !== build && load(sessionStorage, "quanqing-reloaded") !== hint.build)) refresh();
    else if (typeof hint.verified_s === "number") verified(hint.verified_s);
    tick();
  }

  function setClock(time, speed) {
    const ms = Date.parse(time);
    if (Number.isFinite(ms)) serverClock = { ms, at: now(), speed: Number.isFinite(speed) && speed >= 0 ? speed : 1 };
  }

  function write(id, text, state) {
    const element = byId(id);
    if (!element) return;
    if (element.textContent !== text) element.textContent = text;
    if (state && element.dataset.state !== state) element.dataset.state = state;
  }

  /* Shanghai has been at +08:00 without summer time since 1991: no zone table of the device is asked. */
  function shanghai(ms) { return new Date(ms + 8 * 3600 * 1000); }

  function showClock() {
    let ms = serverClock && serverClock.ms + (now() - serverClock.at) * serverClock.speed;
    if (replayAt) ms = shown && Date.parse(shown.made_at);
    if (!ms) return;
    const at = shanghai(ms), two = (n) => String(n).padStart(2, "0");
    write("wall-clock", [at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()].map(two).join(":"));
    const day = at.getUTCFullYear() + "年" + (at.getUTCMonth() + 1) + "月" + at.getUTCDate() + "日";
    write("wall-date", day + " 星期" + WEEKDAYS[at.getUTCDay()]);
  }

  function span(ms) {
    const s = Math.floor(ms / 1000);
    if (s < 120) return s + " 秒";
    return s < 7200 ? Math.floor(s / 60) + " 分钟" : Math.floor(s / 3600) + " 小时";
  }

  function showConnection() {
    const age = now() - verifiedAt, isStale = !replayAt && (stored || age > STALE_MS);
    if (replayAt) write("wall-connection", shown ? "历史回放" : "正在取历史画面", "replay");
    else if (trouble === "signed-out") write("wall-connection", "请重新登录", "down");
    else if (isStale) write("wall-connection", "连接中断，正在重连", "down");
    else if (!shown) write("wall-connection", "正在取数", "waiting");
    else if (trouble === "no-worker") write("wall-connection", "后台处理已停止", "late");
    else write("wall-connection", "实时连接", "live");
    const words = shown ? "画面已 " + span(age) + "未更新" : "尚未取得数据，已等待 " + span(age);
    const mark = byId("wall-stale") || document.body.appendChild(Object.assign(document.createElement("div"), { id: "wall-stale" }));
    mark.setAttribute("role", "status");
    mark.hidden = !isStale;
    if (isStale && mark.textContent !== words) mark.textContent = words;
  }

  function tick() {
    try { showClock(); showConnection(); } catch (error) { console.warn("quanqing: tick", error); }
  }

  function watch() {
    reloadIfHalfLoaded();
    const isSilent = now() - heardAt > STALE_MS;
    if (isSilent && !replayAt) listen();
    if (replayAt ? shown : busy) return;
    if (now() - askedAt > (isSilent || !source ? POLL_MS : SAFETY_MS)) refresh();
  }

  /* The server went down while the page was loading, so Dash never started; it is up again: load the rest. */
  function reloadIfHalfLoaded() {
    if (!ready && shown && !stored && now() > UNREADY_MS && document.readyState === "complete") location.reload();
  }

  function kick() { if (document.visibilityState === "visible") { failures = 0; refresh(); if (!source && !replayAt) listen(); } }

  window.addEventListener("online", kick);
  document.addEventListener("visibilitychange", kick);
  setInterval(tick, 250);
  setInterval(watch, 1000);
  if (!replayAt) { showStored(); listen(); }
  refresh();
})();
