/* A screen nobody has paired: shows its code, takes a new one when it has run out, and goes to its wall by itself as
 * soon as somebody has entered it. The server side is dashboard/screens/pairing_routes.py. Never gives up; time is
 * performance.now(), so a device's wrong clock changes nothing. */
(function () {
  "use strict";
  const POLL_MS = 2000, MOST_MS = 10000, ABORT_MS = 8000, LASTS_S = 600;
  const byId = (id) => document.getElementById(id);
  let endsAt = 0, failures = 0;

  if (location.hash === "#revoked") byId("why").textContent = "此屏已停用，可重新配对";

  function show(code) {
    const places = [...byId("code").children];
    places.forEach((place, n) => { if (place.textContent !== (code[n] || "")) place.textContent = code[n] || ""; });
    byId("code").dataset.state = code ? "shown" : "waiting";
  }

  function say(words, state) {
    byId("state").textContent = words;
    byId("state").dataset.state = state;
  }

  async function ask() {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), ABORT_MS);
    try {
      const rules = { method: "POST", cache: "no-store", credentials: "same-origin", redirect: "error", signal: stop.signal };
      const answer = await fetch("/pair", rules);
      if (answer.status !== 200) throw Object.assign(new Error("status"), { status: answer.status });
      return await answer.json();
    } finally { clearTimeout(timer); }
  }

  function take(told) {
    if (told.paired === true) {
      say("已配对，正在进入大屏", "paired");
      try { localStorage.setItem("quanqing-display", "1"); } catch (error) { /* a browser that keeps nothing */ }
      location.replace("/wall" + location.search);
      return;
    }
    if (typeof told.code !== "string") throw new Error("no code");
    endsAt = performance.now() + told.left_s * 1000;
    show(told.code);
    say("等待配对", "waiting");
  }

  async function again() {
    let wait = POLL_MS;
    try {
      take(await ask());
      failures = 0;
    } catch (error) {
      const isFull = error.status === 429;
      say(isFull ? "等待配对的屏幕过多，请稍候" : "连接中断，正在重试", "down");
      wait = Math.min(MOST_MS, POLL_MS * 1.5 ** failures++) * (0.5 + Math.random() / 2);
    }
    setTimeout(again, wait);
  }

  /* A code that has run out must not stand there while the server is away. */
  function tick() {
    const left = Math.max(0, Math.ceil((endsAt - performance.now()) / 1000));
    if (!left && byId("code").dataset.state === "shown") show("");
    const clock = Math.floor(left / 60) + ":" + String(left % 60).padStart(2, "0");
    byId("left").textContent = left ? "配对码 " + clock + " 后更换" : "正在取配对码";
    byId("left-bar").style.width = Math.min(100, (100 * left) / LASTS_S) + "%";
  }

  setInterval(tick, 250);
  tick();
  again();
})();
