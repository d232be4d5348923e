/* Care for a screen that hangs there for months: the picture moves by a few pixels, it is dimmed at night, and the page
 * is loaded anew once a night. Time of day is the server's (real time in Shanghai, with the orders of screen.js), never
 * the device's. */
(function () {
  "use strict";
  const TICK_MS = 5000, SHIFT_MS = 60000, DAY_S = 86400;
  const SHIFT_X = 8, SHIFT_Y = 6, TURN_X = 17, TURN_Y = 11; // sixteenths of a rem; steps to a turn, without a common factor
  const QUIET_FROM_S = 3 * 3600, QUIET_FOR_S = 2 * 3600, SPREAD_S = 1.5 * 3600, YOUNG_MS = 6 * 3600000;
  const quanqing = (window.quanqing = window.quanqing || {});
  if (!/^\/wall(\/|$)/.test(location.pathname)) return;

  const now = () => performance.now();
  const startedAt = now();
  const reloadS = QUIET_FROM_S + Math.random() * SPREAD_S; // not every screen of a room at once
  let day = null, dim = null;

  quanqing.care = (told) => {
    if (Number.isFinite(told.day_s)) day = { s: told.day_s, at: now() };
    dim = Array.isArray(told.dim) ? told.dim : null;
    tick();
  };

  const daySeconds = () => (day.s + (now() - day.at) / 1000) % DAY_S;

  function isBetween(s, from, until) { return from <= until ? s >= from && s < until : s >= from || s < until; }

  /* Whole device pixels: type stays sharp. Two turns of different length leave no pixel in one state for long. */
  function shift() {
    const wall = document.querySelector(".wall");
    if (!wall) return;
    const step = Math.floor((now() - startedAt) / SHIFT_MS);
    const unit = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
    const px = (most, turn) => Math.round(most * unit * devicePixelRatio * Math.sin((2 * Math.PI * step) / turn)) / devicePixelRatio;
    const moved = px(SHIFT_X, TURN_X) + "px " + px(SHIFT_Y, TURN_Y) + "px";
    if (step && wall.style.translate !== moved) { document.documentElement.dataset.care = "1"; wall.style.translate = moved; }
  }

  /* What is pinned is looked at, also at night. */
  function dimmed() {
    return Boolean(day && dim && !quanqing.pinned && isBetween(daySeconds(), dim[0] * 60, dim[1] * 60));
  }

  function darken() {
    const cover = document.getElementById("wall-dim")
      || document.body.appendChild(Object.assign(document.createElement("div"), { id: "wall-dim", hidden: true }));
    if (cover.hidden === dimmed()) cover.hidden = !dimmed();
  }

  /* Never while anything is pinned (a round, an alert), never the launch scene, never while the line is down. */
  function isQuiet() {
    if (!day || now() - startedAt < YOUNG_MS || quanqing.pinned || quanqing.scene === "launch" && quanqing.pin) return false;
    const connection = document.getElementById("wall-connection");
    return Boolean(connection && connection.dataset.state === "live") && isBetween(daySeconds(), reloadS, QUIET_FROM_S + QUIET_FOR_S);
  }

  function tick() {
    shift();
    darken();
    if (isQuiet()) location.reload();
  }

  setInterval(tick, TICK_MS);
})();
