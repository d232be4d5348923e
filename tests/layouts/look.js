/* What a person with sharp eyes and a ruler would object to on the scene that is shown. Lengths in px of this screen. */
() => {
  const root = () => document.querySelector('.wall');
  const visible = (e) => getComputedStyle(e).visibility === 'visible' && e.getClientRects().length > 0;
  const says = (e) => (e.id || e.className || e.tagName) + ': ' + e.textContent.trim().slice(0, 30);

  /* Every run of text that can be seen, with its boxes. Text in figures is placed by layouts/labels.py, tested there. */
  function words() {
    const found = [], walk = document.createTreeWalker(root(), NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const e = walk.currentNode.parentElement;
      if (!walk.currentNode.data.trim() || e.closest('svg') || !visible(e)) continue;
      const range = document.createRange();
      range.selectNodeContents(walk.currentNode);
      for (const box of range.getClientRects()) found.push({ e, box, px: parseFloat(getComputedStyle(e).fontSize) });
    }
    return found;
  }

  /* A line's box is taller than its letters: Chinese characters fill their em, and no more. */
  function ink(word) {
    const spare = Math.max(0, (word.box.height - word.px) / 2);
    return { left: word.box.left, right: word.box.right, top: word.box.top + spare, bottom: word.box.bottom - spare };
  }

  function cut(list, k) {
    const faults = [], slack = 1.5 * k;
    for (const word of list) {
      const box = ink(word), frame = word.e.closest('.card, .tile, .pace-cell, .masthead, .foot, .pace-legend') || root();
      const edge = frame.getBoundingClientRect();
      if (box.left < edge.left - slack || box.right > edge.right + slack) faults.push(['wide', says(word.e)]);
      if (box.top < edge.top - slack || box.bottom > edge.bottom + slack) faults.push(['tall', says(word.e)]);
    }
    for (const e of root().querySelectorAll('*')) {
      const style = getComputedStyle(e);
      if (e.closest('svg') || style.display === 'inline' || !visible(e) || style.overflow === 'visible') continue;
      if (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1) faults.push(['clipped', says(e)]);
    }
    return faults;
  }

  function covered(list, k) {
    const faults = [], boxes = list.map(ink), most = 2 * k;
    for (let i = 0; i < boxes.length; i++) {
      for (let j = i + 1; j < boxes.length; j++) {
        const a = boxes[i], b = boxes[j];
        const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const tall = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (wide > most && tall > 3 * most) faults.push(['covers', says(list[i].e), says(list[j].e)]);
      }
    }
    return faults;
  }

  function colour(text) {
    const parts = text.match(/[\d.]+/g).map(Number);
    return { rgb: parts.slice(0, 3), a: parts.length > 3 ? parts[3] : 1 };
  }

  function ground(e) {
    for (let at = e; at; at = at.parentElement) {
      const found = colour(getComputedStyle(at).backgroundColor);
      if (found.a > 0.99) return found.rgb;
    }
    return [11, 20, 36]; // --bg-mid, the lighter end of the page's gradient
  }

  function light(rgb) {
    const [r, g, b] = rgb.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }

  function contrast(e) {
    const [high, low] = [light(colour(getComputedStyle(e).color).rgb), light(ground(e))].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  }

  /* A headline that is greyed because its source is late is no headline any more: its grey is what it says. */
  function dim(list) {
    return list.flatMap((word) => {
      const isHero = word.e.classList.contains('hero') && !word.e.closest('.stale');
      const found = contrast(word.e);
      return found < (isHero ? 7 : 4.5) ? [['dim', found.toFixed(2), says(word.e)]] : [];
    });
  }

  function touching(k) {
    const page = document.documentElement, faults = [];
    if (page.scrollWidth > innerWidth || page.scrollHeight > innerHeight) faults.push(['scrolls']);
    for (const img of root().querySelectorAll('img')) {
      if (!visible(img)) continue;
      const box = img.getBoundingClientRect(), edge = img.closest('.card, .pace-cell').getBoundingClientRect();
      if (box.right > edge.right + k || box.bottom > edge.bottom + k || box.height < 20 * k) faults.push(['picture', img.alt]);
    }
    return faults;
  }

  window.quanqingLook = () => {
    const k = quanqing.scale(), list = words();
    if (list.length < 8) return [['bare', list.length]];
    return [...touching(k), ...cut(list, k), ...covered(list, k), ...dim(list)];
  };
  window.quanqingSmallest = () => Math.min(...words().map((word) => word.px), ...[...document.querySelectorAll('.scene.shown svg text')]
    .filter(visible).map((e) => parseFloat(getComputedStyle(e).fontSize)));
  window.quanqingDigits = () => words().filter((word) => word.e.classList.contains('hero') && /\d/.test(word.e.textContent)).map((word) => {
    const pen = document.createElement('canvas').getContext('2d');
    pen.font = `700 ${word.px}px 'Quanqing Sans'`;
    return pen.measureText('0123456789').actualBoundingBoxAscent;
  });
}
