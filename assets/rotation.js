/* Which scene is on screen. The server says the order, how long each stands, and which one it pins and why
 * (layouts/wall/scene_plan.py, in an attribute of #scene-plan); ?scene= pins one on this screen, before all else, then
 * what /displays has pinned (quanqing.pin, set by screen.js). Tells quanqing.scene, .scenes and .pinned (by the plan).
 *
 * Scenes are switched by visibility alone: nothing is mounted, unmounted or drawn again. Time is performance.now(),
 * so a device's wrong clock changes nothing. Fills #scene-name, #scene-question, #scene-dots and #scene-pin. */
(function () {
  "use strict";
  const TICK_MS = 250, FALLBACK_MS = 25000;
  const quanqing = (window.quanqing = window.quanqing || {});
  const own = new URLSearchParams(location.search).get("scene");
  let plan = null, planText = "", shown = "", shownAt = performance.now(), back = null;

  const byId = (id) => document.getElementById(id);

  function readPlan() {
    const element = byId("scene-plan");
    const text = (element && element.dataset.plan) || "";
    if (text === planText) return;
    try { plan = JSON.parse(text); planText = text; } catch (error) { /* the last good plan stays */ }
  }

  const place = (id) => plan.scenes.findIndex((scene) => scene.id === id);

  /* After a pin the rotation goes on where it was. */
  function wanted() {
    if (own && place(own) >= 0) return { id: own, why: "单屏指定" };
    if (quanqing.pin && place(quanqing.pin) >= 0) return { id: quanqing.pin, why: "值班指定" };
    if (plan.pin && place(plan.pin.scene) >= 0) return { id: plan.pin.scene, why: plan.pin.why };
    const at = back !== null ? place(back) : place(shown);
    if (at < 0) return { id: plan.scenes[0].id };
    if (back !== null) return { id: plan.scenes[at].id };
    const dwell = plan.scenes[at].dwell_s * 1000 || FALLBACK_MS;
    const isOver = performance.now() - shownAt >= dwell;
    return { id: plan.scenes[isOver ? (at + 1) % plan.scenes.length : at].id };
  }

  function show(id) {
    if (id !== shown) { shown = id; shownAt = performance.now(); }
    for (const scene of document.querySelectorAll(".scene")) {
      const isOn = scene.dataset.scene === id;
      if (scene.classList.contains("shown") !== isOn) scene.classList.toggle("shown", isOn);
      if (scene.getAttribute("aria-hidden") !== String(!isOn)) scene.setAttribute("aria-hidden", String(!isOn));
    }
  }

  function write(id, text) {
    const element = byId(id);
    if (element && element.textContent !== text) element.textContent = text;
  }

  function dots(id) {
    const row = byId("scene-dots");
    if (!row || row.dataset.shown === planText + id) return;
    row.dataset.shown = planText + id;
    row.replaceChildren(...plan.scenes.map((one) => {
      const dot = document.createElement("i");
      dot.className = one.id === id ? "on" : "";
      return dot;
    }));
  }

  function tell(choice) {
    const scene = plan.scenes[place(choice.id)];
    write("scene-name", scene.name);
    write("scene-question", scene.question);
    dots(choice.id);
    write("scene-pin", choice.why ? "■ " + choice.why : "");
  }

  function tick() {
    readPlan();
    if (!plan || !plan.scenes || !plan.scenes.length || !document.querySelector(".scene")) return;
    const choice = wanted();
    if (choice.why && back === null) back = shown || null;
    if (!choice.why) back = null;
    show(choice.id);
    tell(choice);
    quanqing.scene = choice.id;
    quanqing.scenes = plan.scenes.map((scene) => scene.id);
    quanqing.pinned = plan.pin ? plan.pin.scene : null;
  }

  if (/^\/wall(\/|$)/.test(location.pathname) || document.documentElement.dataset.wall) setInterval(tick, TICK_MS);
})();
