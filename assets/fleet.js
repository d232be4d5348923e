/* Keeps the list on /displays fresh while nobody is writing in it. Without script the page works all the same. */
(function () {
  "use strict";
  const EVERY_MS = 5000;
  const list = document.getElementById("fleet");
  const isInUse = () => list.contains(document.activeElement) || list.querySelector("details[open]");

  async function renew() {
    if (document.visibilityState !== "visible" || isInUse()) return;
    const answer = await fetch("/displays", { cache: "no-store", redirect: "error" });
    if (answer.status !== 200) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (isInUse()) return;
    for (const part of ["#fleet", ".log", ".as-of"]) {
      const [here, there] = [document.querySelector(part), page.querySelector(part)];
      if (here && there && here.innerHTML !== there.innerHTML) here.replaceChildren(...there.childNodes);
    }
  }

  if (list) setInterval(() => renew().catch(() => {}), EVERY_MS);
})();
