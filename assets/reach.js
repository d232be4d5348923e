/* How far the wall can be read. 20 px of 1080 are enough where they appear 20 minutes of arc tall; else the overview
 * takes the far sizes and shows less; where those are too small, each part grows by what is lacking, as far as it holds
 * (--type-<part>). The arithmetic is that of layouts/theme.py; a test compares them.
 *
 * What /displays says of the screen counts (quanqing.screen, set by screen.js); else ?inch= and ?metres= (kept in this
 * browser); else it is taken to be 65 inches, five metres away.
 * Sets data-reach on <html>: near, far, or short where even the far sizes are too small. */
(function () {
  "use strict";
  const INCHES = 65, METRES = 5, LABEL_MINUTES = 20, NEAR_REM = 1.25, FAR_REM = 2.5, KEY = "quanqing-screen";
  const MOST_TYPE = { frame: 1.15, counties: 1.15, sectors: 1.12, trust: 1.12 };
  const quanqing = (window.quanqing = window.quanqing || {});

  quanqing.minutesOfArc = (px, screen) => {
    const mm = (px * screen.inch * 25.4) / Math.hypot(screen.width, screen.height);
    return (Math.atan(mm / (screen.metres * 1000)) * 180 * 60) / Math.PI;
  };

  /* An unconfigured screen of another shape is taken to be as tall as a 65-inch one of 16:9. */
  function assumed() {
    const tall = INCHES * (9 / Math.hypot(16, 9));
    return { inch: (tall * Math.hypot(innerWidth, innerHeight)) / innerHeight, metres: METRES };
  }

  function asked() {
    const query = new URLSearchParams(location.search);
    const given = { inch: parseFloat(query.get("inch")), metres: parseFloat(query.get("metres")) };
    try {
      if (given.inch > 0 && given.metres > 0) localStorage.setItem(KEY, JSON.stringify(given));
      return given.inch > 0 && given.metres > 0 ? given : JSON.parse(localStorage.getItem(KEY));
    } catch (error) { return given.inch > 0 && given.metres > 0 ? given : null; }
  }

  /* A thousandth more: rounding must not leave it short. */
  function grow(lacking) {
    for (const [part, most] of Object.entries(MOST_TYPE)) {
      const times = lacking > 1 ? Math.min(most, lacking * 1.001) : 1;
      document.documentElement.style.setProperty("--type-" + part, times.toFixed(4));
    }
  }

  quanqing.mostType = MOST_TYPE;
  quanqing.reach = () => {
    const screen = Object.assign({ width: innerWidth, height: innerHeight }, quanqing.screen || asked() || assumed());
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const minutes = (rems) => quanqing.minutesOfArc(rems * rem, screen);
    const reach = minutes(NEAR_REM) >= LABEL_MINUTES ? "near" : minutes(FAR_REM) >= LABEL_MINUTES ? "far" : "short";
    document.documentElement.dataset.reach = reach;
    grow(reach === "short" ? LABEL_MINUTES / minutes(FAR_REM) : 1);
    return reach;
  };

  if (/^\/wall(\/|$)/.test(location.pathname) || document.documentElement.dataset.wall) {
    quanqing.reach();
    window.addEventListener("resize", quanqing.reach);
  }
})();
