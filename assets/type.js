/* How large the type of every scene is, measured as the browser draws it: for /displays, which holds it against the
 * screen's diagonal and distance. Scenes that are not shown have their layout, too: only their visibility is off. */
(function () {
  "use strict";
  const KEEP_MS = 300000;
  const quanqing = (window.quanqing = window.quanqing || {});
  let kept = null, keptAt = 0, keptFor = "";

  function smallest(root, isHero) {
    let least = Infinity;
    const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const e = walk.currentNode.parentElement;
      if (!walk.currentNode.data.trim() || Boolean(e.closest(".hero")) !== isHero || !e.getClientRects().length) continue;
      least = Math.min(least, parseFloat(getComputedStyle(e).fontSize));
    }
    return least;
  }

  const rounded = (px) => Math.round(px * 10) / 10;

  function measure() {
    const frame = [...document.querySelectorAll(".masthead, .foot")].map((e) => smallest(e, false));
    const found = {};
    for (const id of quanqing.scenes || []) {
      const scene = document.querySelector('.scene[data-scene="' + id + '"]');
      const label = scene ? Math.min(smallest(scene, false), ...frame) : Infinity;
      const hero = scene ? smallest(scene, true) : Infinity;
      if (Number.isFinite(label)) found[id] = [rounded(label), Number.isFinite(hero) ? rounded(hero) : null];
    }
    return found;
  }

  /* {scene: [smallest type, smallest headline type or null]}, in CSS px. */
  quanqing.typePx = () => {
    const dressed = [innerWidth, innerHeight, document.documentElement.dataset.reach, quanqing.scenes].join();
    if (!kept || !Object.keys(kept).length || dressed !== keptFor || performance.now() - keptAt > KEEP_MS) {
      kept = measure();
      keptAt = performance.now();
      keptFor = dressed;
    }
    return kept;
  };
})();
