/* What a paired display does beside showing its wall: it obeys what /displays tells it, reports twice a minute how it
 * is, and goes dark when it is revoked. The server side is dashboard/screens/orders.py and dashboard/screens/display_api.py.
 *
 * Orders come with every hint of the stream, and with the answer to every report where no stream gets through.
 * live.js calls onOrders (null: this page is no display) and onRefused, and keeps nothing once quanqing.isDark; care.js
 * and rotation.js are told from here. */
(function () {
  "use strict";
  const REPORT_MS = 30000, FIRST_MS = 3000, SILENT_MS = 10000, ABORT_MS = 8000, DARK_MS = 2500, TICK_MS = 500;
  const quanqing = (window.quanqing = window.quanqing || {});
  if (!/^\/wall(\/|$)/.test(location.pathname)) return;

  const build = (document.querySelector('meta[name="quanqing-build"]') || {}).content || "";
  const now = () => performance.now();
  let orders = null, reloadNo = null, namedUntil = 0, timer = 0, busy = false;

  quanqing.onOrders = (told) => {
    if (quanqing.isDark) return;
    quanqing.isDisplay = Boolean(told);
    if (told) remember();
    if (!told) { orders = null; quanqing.pin = null; clearTimeout(timer); return; } // a person's page, now
    if (told.revoked) { goDark(); return; }
    if (!orders) again(FIRST_MS);
    orders = told;
    quanqing.pin = told.pin;
    namedUntil = now() + told.identify_s * 1000;
    showName();
    setScreen(told);
    if (quanqing.care) quanqing.care(told);
    reloadOnce(told.reload);
  };

  /* A screen may be revoked before its page has heard any order: that it was paired is known from before, until it
   * goes dark. A person at the same browser is not refused while the pairing stands. */
  function remember() {
    try { localStorage.setItem("quanqing-display", "1"); } catch (error) { /* a browser that keeps nothing */ }
  }

  function isPaired() {
    try { return Boolean(orders) || localStorage.getItem("quanqing-display") === "1"; } catch (error) { return Boolean(orders); }
  }

  /* The first orders only say how far the count stands: this page has just been loaded. */
  function reloadOnce(count) {
    if (reloadNo !== null && count > reloadNo) location.reload();
    reloadNo = count;
  }

  function setScreen(told) {
    const known = told.inch > 0 && told.metres > 0 ? { inch: told.inch, metres: told.metres } : null;
    if (JSON.stringify(known) === JSON.stringify(quanqing.screen || null)) return;
    quanqing.screen = known;
    if (quanqing.reach) quanqing.reach();
  }

  function overlay(id) {
    const made = document.getElementById(id);
    return made || document.body.appendChild(Object.assign(document.createElement("div"), { id, hidden: true }));
  }

  /* Its name, for somebody who stands before a row of screens. What people typed is set as text, never as HTML. */
  function showName() {
    const mark = overlay("wall-name"), isOn = now() < namedUntil && orders && !quanqing.isDark;
    mark.hidden = !isOn;
    if (!isOn || mark.dataset.name === orders.name) return;
    mark.dataset.name = orders.name;
    const px = [innerWidth, innerHeight].map((side) => Math.round(side * devicePixelRatio)).join(" × ");
    const known = orders.inch ? orders.inch + " 英寸 · " + orders.metres + " 米 · " : "";
    const line = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });
    mark.replaceChildren(line("small", "本屏名称"), line("b", orders.name), line("small", known + px));
  }

  /* Nothing of the city's stays on the screen or in the browser; then the screen offers itself to be paired anew. */
  function goDark() {
    if (quanqing.isDark) return;
    quanqing.isDark = true;
    clearTimeout(timer);
    const cover = overlay("wall-dark");
    cover.textContent = "此屏已停用";
    cover.hidden = false;
    document.documentElement.dataset.dark = "1";
    for (const storage of [localStorage, sessionStorage]) forget(storage);
    setTimeout(leave, DARK_MS);
  }

  function forget(storage) {
    try {
      for (const key of Object.keys(storage)) if (key.startsWith("quanqing-")) storage.removeItem(key);
    } catch (error) { /* a browser that keeps nothing */ }
  }

  /* Only to a server that answers: a browser's own error page would never come back by itself. */
  async function leave() {
    try {
      const answer = await fetch("/healthz", { cache: "no-store" });
      if (answer.status === 200) { location.replace("/pair#revoked"); return; }
    } catch (error) { /* dark it stays */ }
    setTimeout(leave, DARK_MS);
  }

  /* Was it us that were refused, or something on the way? Our own answer says so. */
  quanqing.onRefused = () => { if (isPaired() && !quanqing.isDark) report(); };

  function state() {
    const memory = performance.memory;
    return {
      build, width_px: innerWidth, height_px: innerHeight, pixel_ratio: devicePixelRatio,
      heap_bytes: memory ? Math.round(memory.usedJSHeapSize) : null,
      scene: quanqing.scene || null, type_px: quanqing.typePx ? quanqing.typePx() : {},
    };
  }

  async function report() {
    if (busy) return;
    busy = true;
    again(REPORT_MS * (0.9 + Math.random() / 5));
    const stop = new AbortController(), limit = setTimeout(() => stop.abort(), ABORT_MS);
    try {
      const headers = { "Content-Type": "application/json" }, body = JSON.stringify(state());
      const rules = { method: "POST", headers, body, cache: "no-store", redirect: "error", signal: stop.signal };
      const answer = await fetch("/api/v1/display", rules), told = await answer.json();
      if (answer.status === 200 && told.display) quanqing.onOrders(told.display);
      if (answer.status === 401 && told.error && told.error.code === 401 && isPaired()) goDark();
    } catch (error) { /* live.js says that the line is down */
    } finally { clearTimeout(limit); busy = false; }
  }

  function again(ms) {
    clearTimeout(timer);
    if (!quanqing.isDark) timer = setTimeout(report, ms);
  }

  setInterval(showName, TICK_MS);
  again(SILENT_MS);
})();
