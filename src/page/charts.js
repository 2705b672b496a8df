/*
 * charts.js: the charts of the page, where figures with data-chart stand: <figure class="chart" data-chart="roc" data-target="0" data-formula="2">, without
 * data-formula (or below 0) of the selected formula. Drawn when their target and formula are selected and they have a width; expressions of the
 * specifications are interpreted, never evaluated, and no text of the data is one.
 */
"use strict";
const shihyoCharts = (() => {
  const {data} = shihyo, specs = data.charts || {}, {fill, charts} = shihyoChartData;
  const {words = {}} = (specs.front || {}).usermeta || {}; // of all charts
  const parsed = new Map(), drawn = new Map(); // name: what Vega made of a specification; figure: {width, views}
  const colours = ["#0072B2", "#D55E00", "#009E73", "#8f4a78", "#9a6a00", "#5c5c5c"], dashes = ["", "7 3", "2 2", "8 2 2 2", "12 4", "4 4"];

  const create = (name, className, text) => {
    const element = document.createElement(name);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  };

  /* ---- what hangs over the pointer ------------------------------------------------------------------------------------- */

  const tip = create("div", "chart-tip");
  tip.hidden = true;
  tip.setAttribute("aria-hidden", "true");
  document.body.append(tip);

  function showTip(handler, event, item, value) {
    tip.hidden = value === null || value === undefined || value === "";
    if (tip.hidden) return;
    tip.textContent = String(value);
    const {clientWidth: width, clientHeight: height} = document.documentElement, box = tip.getBoundingClientRect();
    tip.style.left = Math.max(4, Math.min(event.clientX + 14, width - box.width - 4)) + "px";
    tip.style.top = Math.max(4, event.clientY + 18 + box.height > height ? event.clientY - box.height - 12 : event.clientY + 18) + "px";
  }

  /* ---- keys ---------------------------------------------------------------------------------------------------------------- */

  const SVG = "http://www.w3.org/2000/svg";
  function part(svg, name, attributes) {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    svg.append(element);
  }

  function swatch({series = 0, colour = colours[series], dash = dashes[series], shape, line = true, area}) {
    const svg = document.createElementNS(SVG, "svg");
    for (const [key, value] of Object.entries({width: 30, height: 14, "aria-hidden": "true"})) svg.setAttribute(key, value);
    if (area) part(svg, "rect", {x: 0, y: 1, width: 30, height: 12, fill: colour, "fill-opacity": 0.14});
    if (line) part(svg, "line", {x1: 0, x2: 30, y1: 7, y2: 7, stroke: colour, "stroke-width": 2.5, "stroke-dasharray": dash});
    if (shape === "circle") part(svg, "circle", {cx: 15, cy: 7, r: 4.5, fill: colour});
    if (shape === "square") part(svg, "rect", {x: 11, y: 3, width: 8, height: 8, fill: colour});
    if (shape === "hollow") part(svg, "rect", {x: 11, y: 3, width: 8, height: 8, fill: "none", stroke: colour, "stroke-width": 1.5});
    if (shape === "triangle") part(svg, "path", {d: "M15,2L20,12L10,12Z", fill: colour});
    return svg;
  }

  function keyOf(entries) {
    const list = create("ul", "chart-key");
    for (const entry of entries) {
      const item = create("li");
      item.append(swatch(entry), create("span", "", entry.label));
      list.append(item);
    }
    return list;
  }

  /* ---- views ----------------------------------------------------------------------------------------------------------------- */

  function runtime(name, font) {
    if (!parsed.has(name)) parsed.set(name, vega.parse(specs[name], {font, axis: {labelFont: font, titleFont: font}, title: {font}, legend: {labelFont: font, titleFont: font}, text: {font}}, {ast: true}));
    return parsed.get(name);
  }

  /* Squares are as wide as high as far as there is room for it; curves are not drawn out. */
  const widthOf = (panel, width) => Math.min(width, panel.square ? panel.height + 110 : panel.widest || width);

  function makeView(figure, name, panel, place, width) {
    const view = new vega.View(runtime(name, getComputedStyle(figure).fontFamily), {
      renderer: "svg", container: place, hover: false, expr: vega.expressionInterpreter, logLevel: vega.Warn, tooltip: showTip, loader: nothingElse,
    });
    for (const [key, value] of Object.entries(panel.signals)) if (value !== undefined) view.signal(key, value);
    for (const [key, rows] of Object.entries(panel.data)) view.data(key, rows);
    const room = widthOf(panel, width);
    view.width(room).height(panel.square ? Math.min(panel.height, Math.max(180, room - 60)) : panel.height);
    view.addEventListener("click", (event, item) => {
      if (name === "front" && item && item.datum && Number.isInteger(item.datum.index)) shihyo.select(Number(figure.dataset.target), item.datum.index);
    });
    return view;
  }

  /* Vega may load nothing and lead nowhere. */
  const refuse = () => Promise.reject(new Error("nothing is loaded"));
  const nothingElse = {load: refuse, sanitize: refuse, http: refuse, file: refuse};

  /* A pair is drawn as points or as cells. */
  const specOf = (name, target) => name !== "two_axis" ? name : (target.two_axis || []).some((axes) => axes.points) ? "points" : "heat";

  function contextOf(figure, width) {
    const t = Number(figure.dataset.target || 0), target = data.targets[t] || {}, own = figure.dataset.formula;
    const number = own !== undefined && Number(own) >= 0 ? Number(own) : numberOf(t);
    const formula = (target.formulas || [])[number] || {};
    const name = specOf(figure.dataset.chart, target), meta = (specs[name] || {}).usermeta || {};
    return {
      data, target, front: target.front || {}, formula, figures: formula.figures || {}, number, width, words: meta.words || {}, summary: meta.summary || "",
      reading: meta.reading, metrics: ((specs.front || {}).usermeta || {}).metrics || {},
    };
  }

  function drawPanel(figure, room, panel, width, views) {
    const box = create("div", "chart-panel"), place = create("div", "chart-view"), summary = fill(contextOf(figure, width).summary, panel.summary);
    if (panel.key && panel.key.length) box.append(keyOf(panel.key));
    box.style.width = width + "px";
    box.append(place);
    if (panel.caption) box.append(create("p", "chart-caption", panel.caption));
    room.append(box);
    const view = makeView(figure, panel.spec || figure.dataset.chart, panel, place, width);
    view.description(summary);
    views.push(view);
    return view.runAsync().then(() => {
      place.setAttribute("role", "img");
      place.removeAttribute("aria-roledescription");
      place.setAttribute("aria-label", summary);
    });
  }

  /* ---- numbers, for those who do not see the picture ------------------------------------------------------------------------ */

  function rowOf(texts, cell) {
    const row = create("tr");
    row.append(...texts.map((text, k) => create(k ? cell : "th", k ? "number" : "", text)));
    return row;
  }

  function tableOf({head, rows}) {
    const scrolls = create("div", "scrolls"), table = create("table"), top = create("thead"), body = create("tbody");
    scrolls.tabIndex = 0;
    scrolls.setAttribute("role", "group");
    scrolls.setAttribute("aria-label", words.numbers);
    top.append(rowOf(head, "th"));
    body.append(...rows.map((row) => rowOf(row, "td")));
    table.append(top, body);
    scrolls.append(table);
    return scrolls;
  }

  /* Filled when it is opened. */
  function numbersOf(panels) {
    const tables = panels.flatMap((panel) => (panel.tables || []).map((table) => [panels.length > 1 ? panel.signals.yTitle + " – " + panel.signals.xTitle : "", table]));
    const details = create("details", "data chart-own");
    details.append(create("summary", "", words.numbers));
    for (const [title, table] of tables) {
      if (title) details.append(create("p", "chart-caption", title));
      details.append(tableOf(table));
    }
    return details;
  }

  /* What the page itself put into a figure stays. */
  function forget(figure) {
    const old = drawn.get(figure);
    if (old) old.views.forEach((view) => view.finalize());
    drawn.delete(figure);
    figure.querySelectorAll(".chart-own").forEach((element) => element.remove());
  }

  /* Charts of which there are several stand side by side where there is room. */
  const LEAST = {response: 300, two_axis: 320}; // on paper two still stand side by side

  const panelsOf = (figure, width) => {
    const make = charts[figure.dataset.chart];
    return make ? make(contextOf(figure, width)) : [];
  };

  /* An empty figure has no width, and those beside it more than they will have: all that have something to show get their room first. */
  function prepare(figure) {
    forget(figure);
    if (panelsOf(figure, 600).length) figure.prepend(create("figcaption", "chart-own", contextOf(figure, 0).reading), create("div", "chart-own chart-panels"));
  }

  function draw(figure) {
    const place = figure.querySelector(".chart-panels"), whole = place ? place.clientWidth : 0;
    if (whole <= 0) return;
    const many = panelsOf(figure, whole).length, least = LEAST[figure.dataset.chart], gap = 24;
    const columns = least ? Math.max(1, Math.min(many, Math.floor((whole + gap) / (least + gap)))) : 1;
    const width = Math.floor((whole - gap * (columns - 1)) / columns), views = [];
    const panels = panelsOf(figure, width);
    place.classList.toggle("several", columns > 1);
    drawn.set(figure, {width: whole, views});
    if (!figure.querySelector("details")) figure.append(numbersOf(panels));
    if (many > 1) { // one key for all
      const key = keyOf(panels[0].key);
      key.classList.add("chart-own");
      place.before(key);
      for (const panel of panels) panel.key = [];
    }
    Promise.all(panels.map((panel) => drawPanel(figure, place, panel, width, views)))
      .catch((error) => console.error("chart " + figure.dataset.chart + ": " + error));
  }

  /* ---- when they are drawn ------------------------------------------------------------------------------------------------------- */

  /* Paper shows the chosen formula of every target. */
  const numberOf = (t) => shihyo.printing || t !== shihyo.target ? (data.targets[t] || {}).chosen || 0 : shihyo.number;

  function isSelected(figure) {
    const t = Number(figure.dataset.target || 0), own = figure.dataset.formula;
    if (figure.closest(".target") && !shihyo.printing && t !== shihyo.target) return false;
    return own === undefined || Number(own) < 0 || Number(own) === numberOf(t);
  }

  const figures = (keep) => [...document.querySelectorAll("figure[data-chart]")].filter(keep);

  /* What stands below a chart stays where it is while it is drawn again. */
  function drawAgain(list) {
    const heights = list.map((figure) => figure.offsetHeight);
    list.forEach((figure, k) => { figure.style.minHeight = heights[k] ? heights[k] + "px" : ""; });
    list.forEach(prepare);
    list.forEach(draw);
    list.forEach((figure) => { figure.style.minHeight = ""; });
  }

  function drawSelected() {
    showTip(null, null, null, null);
    for (const figure of [...drawn.keys()]) if (!isSelected(figure)) forget(figure);
    drawAgain(figures(isSelected));
  }

  function drawChanged() {
    const widthOf = (figure) => (figure.querySelector(".chart-panels") || figure).clientWidth;
    drawAgain(figures((figure) => isSelected(figure) && widthOf(figure) > 0 && widthOf(figure) !== (drawn.get(figure) || {}).width));
  }

  function start() {
    let waiting = 0;
    const later = () => { clearTimeout(waiting); waiting = setTimeout(drawChanged, 120); };
    shihyo.onSelect(drawSelected);
    new ResizeObserver(later).observe(document.getElementById("main"));
    document.addEventListener("toggle", later, true); // what a <details> hid has no width until it opens
    document.addEventListener("scroll", () => { tip.hidden = true; }, {passive: true, capture: true});
  }

  return {specs, start, draw: drawChanged};
})();
shihyoCharts.start();
