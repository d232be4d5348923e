/* Draws into an element of the page what a snapshot says of it: trees of Dash's HTML components, as JSON.
 *
 * Dash's own way, set_props, asks every component on the page at every property that is set: a third of a second a
 * version. React drew the layout and owns its elements; what their properties are in Dash's store never changes, so it
 * never looks at them again, and what is put into them here stays. Graphs, which are more than elements, go Dash's way.
 *
 * What fits stays: a figure that changed is a text node with other data, not another element. Text is set as text;
 * only the elements and properties named here can come into the page. Contract:
 *   quanqing.draw(id, props)           -> false where no such element is on the page
 *   quanqing.drawInto(element, props) */
(function () {
  "use strict";
  const TAGS = { B: "b", Div: "div", H3: "h3", I: "i", Img: "img", Small: "small", Span: "span" };
  const ATTRIBUTES = { alt: "alt", className: "class", role: "role", src: "src", title: "title" };
  const IMAGE = /^(\/(?![/\\])|data:image\/)/; // "//host" would be another host
  const quanqing = (window.quanqing = window.quanqing || {});
  const had = new WeakMap(); // element -> its properties as last set here

  function draw(id, props) {
    const element = document.getElementById(id);
    if (element && "figure" in props) window.dash_clientside.set_props(id, props);
    else if (element) drawInto(element, props);
    return Boolean(element);
  }

  function drawInto(element, props) {
    for (const [name, value] of Object.entries(props)) set(element, name, value);
  }

  function set(element, name, value) {
    if (name === "children") fill(element, list(value));
    else if (name === "style") element.style.cssText = styled(value);
    else if (name === "hidden") element.hidden = Boolean(value);
    else if (name !== "key") attribute(element, named(name), value);
  }

  function named(name) {
    if (!ATTRIBUTES[name] && !/^(data|aria)-[a-z-]+$/.test(name)) throw new Error("no property of ours: " + name);
    return ATTRIBUTES[name] || name;
  }

  function attribute(element, name, value) {
    if (value === null || value === undefined) { element.removeAttribute(name); return; }
    if (name === "src" && !IMAGE.test(value)) throw new Error("no image of ours");
    if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
  }

  const hyphened = (name) => name.replace(/[A-Z]/g, (letter) => "-" + letter.toLowerCase());
  const styled = (style) => Object.entries(style || {}).map(([name, value]) => hyphened(name) + ":" + value).join(";");

  function list(children) {
    const all = Array.isArray(children) ? children.flat(Infinity) : [children];
    return all.filter((child) => child !== null && child !== undefined && typeof child !== "boolean" && child !== "");
  }

  function fill(element, children) {
    children.forEach((child, i) => {
      const there = element.childNodes[i];
      const node = typeof child === "object" ? elementFor(child, there) : textFor(String(child), there);
      if (!there) element.appendChild(node);
      else if (there !== node) element.replaceChild(node, there);
    });
    while (element.childNodes.length > children.length) element.lastChild.remove();
  }

  function textFor(text, there) {
    if (!there || there.nodeType !== Node.TEXT_NODE) return document.createTextNode(text);
    if (there.data !== text) there.data = text;
    return there;
  }

  /* An element that React made may hold what we know nothing of: only our own are used again. */
  function elementFor(child, there) {
    const tag = TAGS[child.type];
    if (!tag || child.namespace !== "dash_html_components") throw new Error("no element of ours: " + child.type);
    const isOurs = there && had.has(there) && there.localName === tag;
    const element = isOurs ? there : document.createElement(tag);
    const before = isOurs ? had.get(there) : {};
    for (const name of Object.keys(before)) if (!(name in child.props)) set(element, name, name === "children" ? [] : null);
    drawInto(element, child.props);
    had.set(element, child.props);
    return element;
  }

  quanqing.draw = draw;
  quanqing.drawInto = drawInto;
})();
