/*
 * page.js: the selection, and what the parts of the page need to follow it.
 *
 * One target and one formula are selected at any time: by the selects of the toolbar, a row of the table of the front, a link or button with
 * data-formula, the arrow keys, or the address (#formula=3, #target=1&formula=2). Whoever wants to know registers with shihyo.onSelect. Formulas are
 * numbered from 0 here, from 1 for people.
 */
"use strict";
const shihyo = (() => {
  const data = JSON.parse(document.getElementById("shihyo-data").textContent);
  const formulaOf = data.targets.map((target) => target.chosen); // the selected formula of each target
  const listeners = [];
  let selected = 0; // target
  let printing = false;

  /* A sentence of the catalogue (messages_*.def, names that begin with JS_), its {arguments} filled in. */
  const say = (name, values = {}) => (data.text[name] || name).replace(/\{(\w+)\}/g, (whole, key) => key in values ? String(values[key]) : whole);

  const front = (t) => data.targets[t].front.front || [];
  const formula = (t = selected, k = formulaOf[t]) => (data.targets[t].formulas || [])[k] || {};

  /* ---- showing what is selected -------------------------------------------------------------------------------- */

  const each = (selector, act, within = document) => within.querySelectorAll(selector).forEach(act);
  const panel = (t) => document.getElementById("t" + t);

  function showTarget(t) {
    each(".target", (element) => element.classList.toggle("current", Number(element.dataset.target) === t));
    each(".contents a[data-section]", (link) => {
      const own = document.getElementById("t" + t + "-" + link.dataset.section), shared = document.getElementById(link.dataset.section);
      link.parentElement.hidden = !own && !shared;
      if (own || shared) link.setAttribute("href", "#" + (own || shared).id);
    });
    const choice = document.getElementById("choose-target");
    if (choice) choice.value = String(t);
  }

  function showFormula(t, k) {
    each("article[data-formula]", (article) => article.classList.toggle("current", Number(article.dataset.formula) === k), panel(t));
    each("tr[data-formula]", (row) => {
      const is = Number(row.dataset.formula) === k;
      if (is) row.setAttribute("aria-current", "true"); else row.removeAttribute("aria-current");
      each("button[data-formula]", (button) => button.setAttribute("aria-pressed", String(is)), row);
    }, panel(t));
    const choice = document.getElementById("choose-formula");
    if (Number(choice.dataset.target) !== t || !choice.options.length) fillChoice(choice, t);
    choice.value = String(k);
    document.getElementById("formula-before").disabled = k <= 0;
    document.getElementById("formula-after").disabled = k >= front(t).length - 1;
  }

  function shorten(text, most) {
    const letters = Array.from(text);
    return letters.length <= most ? text : letters.slice(0, most - 1).join("") + "…";
  }

  function fillChoice(choice, t) {
    choice.replaceChildren(...front(t).map((entry, k) => {
      const option = document.createElement("option");
      option.value = String(k);
      option.textContent = say("FORMULA_OPTION", {number: k + 1, formula: shorten(entry.formula_short || entry.formula, 60)});
      return option;
    }));
    choice.dataset.target = String(t);
  }

  function announce(t, k) {
    const entry = front(t)[k];
    if (entry) document.getElementById("announce").textContent = say("SELECTED", {number: k + 1, formula: shorten(entry.formula_short || entry.formula, 120)});
  }

  function writeAddress(t, k) {
    const address = "#" + (data.targets.length > 1 ? "target=" + (t + 1) + "&" : "") + "formula=" + (k + 1);
    try { history.replaceState(null, "", address); } catch (error) { /* a page that may not change its address is shown all the same */ }
  }

  /* ---- selecting --------------------------------------------------------------------------------------------------- */

  function select(t, k, {quiet = false} = {}) {
    t = Math.max(0, Math.min(data.targets.length - 1, Math.trunc(t) || 0));
    k = Math.max(0, Math.min(front(t).length - 1, Math.trunc(k) || 0));
    const same = t === selected && k === formulaOf[t];
    selected = t;
    formulaOf[t] = k;
    showTarget(t);
    showFormula(t, k);
    if (same && !quiet) return;
    if (!quiet) {
      announce(t, k);
      writeAddress(t, k);
    }
    for (const listen of listeners) listen({target: t, formula: k});
  }

  /* Called at once, and whenever the selection changes or what is seen does (printing), with {target, formula}. */
  function onSelect(listen) {
    listeners.push(listen);
    listen({target: selected, formula: formulaOf[selected]});
  }

  function readAddress() {
    const words = new URLSearchParams(location.hash.slice(1)), t = Number(words.get("target") || 1) - 1, k = Number(words.get("formula")) - 1;
    if (words.has("target") || words.has("formula")) return [t, words.has("formula") ? k : (formulaOf[t] || 0)];
    return null;
  }

  function takeClick(event) {
    const element = event.target.closest("[data-formula]");
    if (!element || !element.closest(".target") || element.matches("article, figure") || event.target.closest("a, summary")) return;
    select(Number(element.closest(".target").dataset.target), Number(element.dataset.formula));
    const jump = element.dataset.jump && document.getElementById(element.dataset.jump);
    if (jump) jump.scrollIntoView({block: "start"});
  }

  /* Left and right, unless something that uses them itself has the focus. */
  function takeKey(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || event.defaultPrevented) return;
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    if (event.target.closest && event.target.closest("select, input, textarea, [role=slider], .scrolls")) return;
    event.preventDefault();
    select(selected, formulaOf[selected] + (event.key === "ArrowRight" ? 1 : -1));
  }

  function listenToPeople() {
    document.addEventListener("click", takeClick);
    document.addEventListener("keydown", takeKey);
    document.getElementById("choose-formula").addEventListener("change", (event) => select(selected, Number(event.target.value)));
    document.getElementById("formula-before").addEventListener("click", () => select(selected, formulaOf[selected] - 1));
    document.getElementById("formula-after").addEventListener("click", () => select(selected, formulaOf[selected] + 1));
    const targets = document.getElementById("choose-target");
    if (targets) targets.addEventListener("change", (event) => select(Number(event.target.value), formulaOf[Number(event.target.value)]));
    window.addEventListener("beforeprint", () => print(true));
    window.addEventListener("afterprint", () => print(false));
    window.addEventListener("hashchange", () => { const asked = readAddress(); if (asked) select(...asked); });
  }

  /* ---- charts -------------------------------------------------------------------------------------------------------- */

  /* Draws a Vega specification into an element: expressions are interpreted, not evaluated, so that the page needs no right to make code. */
  function embed(element, spec) {
    const view = new vega.View(vega.parse(spec, null, {ast: true}), {renderer: "svg", container: element, hover: true, expr: vega.expressionInterpreter, logLevel: vega.Warn});
    return view.runAsync();
  }

  /* Paper shows the chosen formula of every target: whoever draws is told, and asks shihyo.printing what is seen. */
  function print(on) {
    printing = on;
    document.documentElement.classList.toggle("printing", on);
    for (const details of document.querySelectorAll("details.more")) details.open = on;
    for (const listen of listeners) listen({target: selected, formula: formulaOf[selected]});
  }

  function start() {
    document.documentElement.classList.add("scripted");
    const asked = readAddress() || [0, formulaOf[0]];
    select(asked[0], asked[1], {quiet: true});
    listenToPeople();
  }

  return {data, say, front, formula, select, onSelect, embed, start, get target() { return selected; }, get number() { return formulaOf[selected]; }, get printing() { return printing; }};
})();
shihyo.start();
