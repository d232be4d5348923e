/* Figures are built for a screen of 1920 x 1080, where 1 rem is 16 px. On other screens every length in them is
 * multiplied by k = root font size in px / 16. HTML and CSS scale by themselves because they are written in rem.
 *
 * Contract:
 *   window.quanqing.scale()                -> k of this screen, now
 *   window.quanqing.scaleFigure(figure, k) -> a new figure; the given one is left as it is (it is the unscaled truth,
 *                                             to be kept and scaled again when the window changes). k = 1 gives an equal copy.
 * Whoever sets a property named `figure` passes it through scaleFigure first, and does so again for every figure
 * after a `resize` event.
 *
 * Lengths are: layout width and height, margins, every font size, line and grid widths, tick lengths, marker sizes,
 * pattern sizes, annotation shifts and paddings. Never scaled: data, ranges, and `width` of a bar trace (a share of
 * a category, not px: scaling it made bars touch).
 */
(function () {
  "use strict";
  var ANYWHERE = {
    ticklen: 1, tickwidth: 1, gridwidth: 1, linewidth: 1, zerolinewidth: 1, borderwidth: 1, borderpad: 1,
    xshift: 1, yshift: 1, standoff: 1, arrowwidth: 1, dividerwidth: 1,
  };
  var UNDER = {
    margin: { l: 1, r: 1, t: 1, b: 1, pad: 1 },
    line: { width: 1 },
    marker: { size: 1 },
    fillpattern: { size: 1 },
    layout: { width: 1, height: 1 },
  };

  function times(value, k) {
    return Array.isArray(value) ? value.map(function (v) { return v * k; }) : value * k;
  }

  function isLength(key, parent) {
    if (ANYWHERE[key]) return true;
    if (/font$/.test(parent)) return key === "size";
    return Boolean(UNDER[parent] && UNDER[parent][key]);
  }

  function walk(node, parent, k) {
    if (Array.isArray(node)) {
      return typeof node[0] === "object" ? node.map(function (item) { return walk(item, parent, k); }) : node;
    }
    if (node === null || typeof node !== "object") return node;
    var out = {};
    Object.keys(node).forEach(function (key) {
      var value = node[key];
      var length = isLength(key, parent) && (typeof value === "number" || Array.isArray(value));
      out[key] = length ? times(value, k) : walk(value, key, k);
    });
    return out;
  }

  window.quanqing = window.quanqing || {};
  window.quanqing.scale = function () {
    return parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
  };
  window.quanqing.scaleFigure = function (figure, k) {
    return figure ? walk(figure, "figure", k) : figure;
  };
})();
