/*
 * charts_data.js: what each chart shows of the document (doc/report.md): for the selected formula, rows of its datasets, domains, titles and a sentence.
 * Specifications are those of charts_*.c. A function takes a context {data, target, front, formula, figures, number, words, width} and returns a list of
 * panels {spec, data, signals, height, key, caption, summary, tables}, empty if there is nothing to show. Texts of the data stay texts.
 */
"use strict";
const shihyoChartData = (() => {
  const known = (value) => typeof value === "number" && Number.isFinite(value);
  /* A sentence with its {arguments}; " | " in it begins a new line of what hangs over the pointer. */
  const fill = (text, values) => String(text || "").replace(/ \| /g, "\n").replace(/\{(\w+)\}/g, (whole, key) => key in values ? String(values[key]) : whole);

  function number(value, digits = 3) {
    if (!known(value)) return "–";
    const size = Math.abs(value);
    if (size >= 1e6 || (size > 0 && size < 1e-4)) return value.toExponential(digits - 1).replace("-", "−").replace("e-", "e−").replace("e+", "e");
    const text = Number(value.toPrecision(size >= 10 ** digits ? Math.ceil(Math.log10(size)) : digits)).toLocaleString("en", {maximumSignificantDigits: 15});
    return text.replace("-", "−");
  }
  const decimals = (value) => value >= 0.9995 && value < 1 ? 6 : 3; // no "1.000" of what is not 1
  const measure = (value, places = decimals(value)) => known(value) ? (Math.abs(value) < 2 ? value.toFixed(places).replace("-", "−") : number(value, 4)) : "–";
  const percent = (value) => known(value) ? (100 * value).toFixed(value > 0 && value < 0.1 ? 1 : 0) + " %" : "–";
  const reached = (value) => Math.floor(100 * value + 1e-9) + " %"; // whole per cents that are reached, as the verdict has them
  const count = (value) => known(value) ? value.toLocaleString("en") : "–";
  const probability = (p) => known(p) ? (p < 0.0001 ? "< 0.0001" : "= " + number(p, 2)) : "–";
  const raised = (unit) => unit.replace(/([A-Za-z])\^?([23])(?![\d.])/g, (whole, letter, power) => letter + (power === "2" ? "²" : "³")); // "kg/m^2", "kg/cm2"
  const unitOf = (name, unit) => unit && unit !== "1" ? name + " (" + raised(String(unit)) + ")" : name;
  const short = (text, most = 80) => { const letters = Array.from(String(text)); return letters.length <= most ? String(text) : letters.slice(0, most - 1).join("") + "…"; };

  /* Smallest and largest of lists of numbers, with a margin; never of no width. */
  function extent(lists, margin = 0.05) {
    let low = Infinity, high = -Infinity;
    for (const list of lists) for (const value of list || []) if (known(value)) { low = Math.min(low, value); high = Math.max(high, value); }
    if (!(low <= high)) return [0, 1];
    const room = high > low ? (high - low) * margin : Math.abs(low) * 0.1 || 1;
    return [low - room, high + room];
  }
  const column = (rows, name) => rows.map((row) => row[name]);
  const zip = (names, lists) => (lists[0] || []).map((_, i) => Object.fromEntries(names.map((name, k) => [name, lists[k] ? lists[k][i] : null])));

  /* A table of numbers: headings "a|b" and rows of texts; of long lists about `most` rows, evenly spaced. */
  const table = (heads, rows) => ({head: heads.flatMap((head) => Array.isArray(head) ? head : String(head).split("|")), rows});
  function thin(rows, most = 24) {
    const step = Math.max(1, (rows.length - 1) / (most - 1));
    return rows.length <= most ? rows : Array.from({length: most}, (_, i) => rows[Math.round(i * step)]);
  }

  const entryOf = (c, k = c.number) => (c.front.front || [])[k] || {};
  const nameOf = (c, k = c.number) => entryOf(c, k).formula_short || entryOf(c, k).formula || "";
  const outcomeOf = (c) => c.front.outcome || "";
  const metricName = (c, metric) => c.metrics[metric] || metric;

  /* ---- the front --------------------------------------------------------------------------------------------------- */

  const contenderNames = {"best single factor": "single", "elastic net on the factors": "factors", "elastic net on the logs": "logs"};
  const contenderName = (c, name) => c.words[contenderNames[name]] || name;

  function frontPoints(c, metric) {
    const levels = new Map(((c.front.nested || {}).levels || []).map((level) => [level.complexity, level]));
    return (c.front.front || []).map((entry, k) => {
      const level = levels.get(entry.complexity) || {}, apparent = known((entry.metrics || {})[metric]) ? entry.metrics[metric] : level.apparent;
      const held = known(level.mean) ? measure(level.mean) + (known(level.error) ? " ± " + measure(level.error, decimals(level.mean)) : "") : "–";
      return {
        index: k, x: entry.complexity, apparent, mean: level.mean, error: known(level.error) ? level.error : 0, selected: k === c.number, held,
        tip: fill(c.words.tip, {number: k + 1, formula: short(nameOf(c, k), 200), complexity: entry.complexity, nested: held, apparent: measure(apparent)}) + "\n" + c.words.choose,
      };
    });
  }

  function baselines(c, metric) {
    const lines = [], nothing = (c.front.nested || {}).null;
    for (const contender of (c.front.versus || {}).contenders || [])
      if (known(contender.mean)) lines.push({label: contenderName(c, contender.name), y: contender.mean});
    if (nothing && known(nothing.mean)) lines.push({label: c.words.null, y: Math.abs(nothing.mean) < 1e-12 ? 0 : nothing.mean});
    return lines.map((line, k) => ({...line, series: 1 + k % 5, name: line.label, tip: line.label + ": " + measure(line.y)}));
  }

  /* Labels keep a distance from each other and stay beside the plane: shift in pixels from where the line is. */
  function spread(lines, domain, height, gap) {
    const at = (y) => height * (1 - (y - domain[0]) / (domain[1] - domain[0]));
    const sorted = [...lines].sort((a, b) => b.y - a.y), place = sorted.map((line) => at(line.y));
    for (let k = 1; k < place.length; k++) place[k] = Math.max(place[k], place[k - 1] + gap);
    for (let k = place.length - 1, most = height; k >= 0; k--, most = place[k + 1] - gap) place[k] = Math.min(place[k], most);
    sorted.forEach((line, k) => { line.shift = place[k] - at(line.y); });
  }

  function front(c) {
    const metric = (c.front.nested || {}).metric || (c.front.metrics || [])[0], points = frontPoints(c, metric), lines = baselines(c, metric), height = 300;
    if (!points.length) return [];
    const nested = points.filter((p) => known(p.mean)).map((p) => ({...p, y: p.mean, low: p.mean - p.error, high: p.mean + p.error}));
    const yDomain = extent([column(nested, "low"), column(nested, "high"), column(points, "apparent"), column(lines, "y")], 0.06);
    const wide = c.width >= 620;
    const key = [];
    if (nested.length) key.push({label: c.words.nested, series: 0, shape: "circle"});
    key.push({label: c.words.apparent, series: 1, dash: "2 2", shape: "hollow"});
    lines.forEach((line, k) => {
      const letter = String.fromCharCode(65 + k);
      if (!wide) key.push({label: letter + " – " + line.tip, colour: "#8a8a8a", series: line.series});
      line.label = wide ? line.label + " " + measure(line.y) : letter;
    });
    spread(lines, yDomain, height, 16);
    const tables = [table([c.words.head], [
      ...points.map((p) => [String(p.index + 1), nameOf(c, p.index), String(p.x), p.held, measure(p.apparent)]),
      ...lines.map((line) => ["", line.name, "", measure(line.y), ""]),
    ])];
    const selected = points[c.number] || points[0], xs = column(points, "x");
    return [{
      height, key, tables,
      data: {baselines: lines, nested, apparent: points.filter((p) => known(p.apparent)).map((p) => ({...p, y: p.apparent, dash: 2}))},
      signals: {xDomain: [Math.min(...xs) - 0.5, Math.max(...xs) + 0.5], yDomain, yTitle: metricName(c, metric), labelRoom: wide ? 230 : 16},
      summary: {metric: metricName(c, metric), count: points.length, number: c.number + 1, formula: short(nameOf(c)), nested: selected.held, apparent: measure(selected.apparent)},
    }];
  }

  /* ---- stability ------------------------------------------------------------------------------------------------------ */

  function bars(c, rows, limits, key) {
    if (!rows.length) return [];
    const most = rows.reduce((a, b) => b.value > a.value ? b : a);
    return [{
      height: rows.length * 40, key, tables: [table([c.words.head], rows.map((row) => [row.name, reached(row.value)]))],
      data: {bars: rows.map((row, k) => ({...row, label: row.name + "  " + reached(row.value), tip: row.name + ": " + reached(row.value), top: 40 * k, zero: 0})), limits},
      signals: {xDomain: [0, 1]},
      summary: {count: rows.length, most: reached(most.value), name: short(most.name)},
    }];
  }

  function stability(c) {
    const found = c.front.stability || {}, chosen = entryOf(c).formula;
    /* As in the table of the front: with what says nearly the same; halves say nothing of formulas that are not comparable. */
    const share = (row) => known(row.family_frequency) ? row.family_frequency : row.frequency;
    const rows = (found.front || []).filter((row) => known(share(row)) && row.comparable !== false).map((row) => ({name: nameOf(c, (c.front.front || []).findIndex((entry) => entry.formula === row.formula)) || row.formula, value: share(row), selected: row.formula === chosen}));
    const limits = known(found.threshold) ? [{x: found.threshold, dash: 2}] : [];
    return bars(c, rows, limits, limits.length ? [{label: fill(c.words.threshold, {threshold: percent(found.threshold)}), colour: "#D55E00", dash: "2 2"}] : []);
  }

  function stability_factors(c) {
    const inside = new Set(entryOf(c).factors || []);
    const rows = ((c.front.stability || {}).factors || []).filter((row) => known(row.frequency)).slice(0, 20);
    return bars(c, rows.map((row) => ({name: row.name, value: row.frequency, selected: inside.has(row.name)})), [], []);
  }

  /* ---- one formula -------------------------------------------------------------------------------------------------- */

  function response(c) {
    const list = c.figures.response || [], yDomain = extent(list.flatMap((r) => [r.y, (r.bins || {}).y]), 0.05);
    const predicts = c.words[c.figures.predicts] || "";
    return list.filter((r) => (r.x || []).length).map((r) => {
      const others = Object.entries(r.at || {}).map(([name, value]) => short(name, 40) + " = " + (typeof value === "string" ? short(value, 40) : number(value))).join(", ");
      const bins = r.bins ? zip(["x", "y", "count"], [r.bins.x, r.bins.y, r.bins.count]).filter((b) => known(b.x) && known(b.y)) : [];
      if (bins.length === 1) bins.pop(); // all patients in one: nothing to compare
      const key = [{label: c.words.curve, series: 0}];
      if (bins.length) key.push({label: c.words.bins, series: 1, shape: "hollow", line: false});
      const tables = [table([[unitOf(r.factor, r.unit)], c.words.head], thin(zip(["x", "y"], [r.x, r.y])).map((p) => [number(p.x), number(p.y)]))];
      if (bins.length) tables.push(table([[unitOf(r.factor, r.unit)], c.words.head_bins], bins.map((b) => [number(b.x), number(b.y), count(b.count)])));
      return {
        height: 190, widest: 480, key, tables, caption: others ? fill(c.words.at, {values: others}) : "",
        data: {
          curve: zip(["x", "y"], [r.x, r.y]),
          bins: bins.map((b) => ({...b, tip: fill(c.words.tip, {factor: short(r.factor), x: number(b.x), y: number(b.y), count: count(b.count)})})),
        },
        signals: {xDomain: extent([r.x, column(bins, "x")], 0.02), yDomain, xTitle: unitOf(r.factor, r.unit), yTitle: fill(predicts, {outcome: outcomeOf(c)})},
        summary: {factor: short(r.factor), from: number(r.x[0]), to: number(r.x[r.x.length - 1]), low: number(r.y[0]), high: number(r.y[r.y.length - 1])},
      };
    });
  }

  function distribution(c) {
    const d = c.figures.distribution;
    if (!d || (d.edges || []).length < 2) return [];
    const series = (d.series || []).map((s) => ({...s, total: (s.count || []).reduce((a, b) => a + (b || 0), 0)})).filter((s) => s.total > 0);
    const outlines = [], boxes = [], events = series.some((s) => s.name === "event");
    const name = (s) => series.length === 1 ? c.words.everyone : c.words["level " + (s.name === "other" && events ? "none" : s.name)] || (/^[-+.\d]+$/.test(s.name) ? outcomeOf(c) + " = " + s.name : s.name);
    series.forEach((s, k) => {
      const push = (x, y) => outlines.push({series: k, x, y, zero: 0});
      push(d.edges[0], 0);
      for (let b = 0; b + 1 < d.edges.length; b++) {
        const density = (s.count[b] || 0) / s.total / (d.edges[b + 1] - d.edges[b]);
        push(d.edges[b], density);
        push(d.edges[b + 1], density);
      }
      push(d.edges[d.edges.length - 1], 0);
    });
    for (let b = 0; b + 1 < d.edges.length; b++) {
      const counts = series.map((s) => short(name(s), 60) + ": " + count(s.count[b])).join("\n");
      boxes.push({x0: d.edges[b], x1: d.edges[b + 1], tip: fill(c.words.tip, {from: number(d.edges[b]), to: number(d.edges[b + 1]), counts})});
    }
    return [{
      height: 220, data: {outlines, boxes},
      tables: [table([c.words.head, series.map(name)], boxes.map((box, b) => [number(box.x0), number(box.x1), ...series.map((s) => count(s.count[b]))]))],
      key: series.map((s, k) => ({label: name(s) + " (n = " + count(s.total) + ")", series: k, area: true})),
      signals: {xDomain: extent([d.edges], 0.01), yDomain: [0, extent([column(outlines, "y")], 0.06)[1]], xTitle: unitOf(c.words.value, entryOf(c).unit)},
      summary: {from: number(d.edges[0]), to: number(d.edges[d.edges.length - 1]), levels: series.map((s) => short(name(s), 40)).join(", ")},
    }];
  }

  const atTime = (c, time) => fill(c.words.at_time, {time: number(time, 4) + ((c.figures.kaplan_meier || {}).unit ? " " + c.figures.kaplan_meier.unit : "")});

  function binRows(c, bins, series, show) {
    return bins.map((b) => ({...b, series, tip: fill(c.words.tip, {x: show(b.x), y: show(b.y), low: show(b.low), high: show(b.high), count: count(b.count)})}));
  }

  /* Predicted against observed, both axes the same; what is known of held-out samples beside it. */
  function against(c, found, show, square) {
    const held = c.front.calibration || {};
    const bins = found ? zip(["x", "y", "low", "high", "count"], [found.predicted, found.observed, found.low, found.high, found.count]).filter((b) => known(b.x) && known(b.y)) : [];
    const heldBins = (held.bins || []).map((b) => ({x: b.predicted, y: b.observed, low: b.low, high: b.high, count: b.samples})).filter((b) => known(b.x) && known(b.y));
    if (!bins.length && !heldBins.length) return [];
    const all = [...bins, ...heldBins], most = [column(all, "x"), column(all, "y"), column(all, "low"), column(all, "high")];
    let domain = extent(most, 0.04);
    if (square) domain = [0, Math.min(1.02, domain[1])];
    const key = [];
    if (bins.length) key.push({label: c.words.apparent, series: 0, shape: "circle"});
    if (heldBins.length) key.push({label: c.words.held_out, series: 1, shape: "square"});
    if (c.words.ideal) key.push({label: c.words.ideal, colour: "#8a8a8a", dash: "2 2"});
    const row = (b, name) => [name, show(b.x), show(b.y), show(b.low), show(b.high), count(b.count)];
    return [{
      height: 280, square: true, key,
      tables: [table([c.words.head], [...bins.map((b) => row(b, c.words.head_apparent)), ...heldBins.map((b) => row(b, c.words.head_held_out))])],
      data: {diagonal: [{x: domain[0], y: domain[0], dash: 2}, {x: domain[1], y: domain[1], dash: 2}], bins: [...binRows(c, bins, 0, show), ...binRows(c, heldBins, 1, show)]},
      signals: {xDomain: domain, yDomain: domain},
      summary: {outcome: short(outcomeOf(c)), count: bins.length || heldBins.length, formula: short(nameOf(c))},
    }];
  }

  function observed(c) {
    const panels = c.figures.observed ? against(c, c.figures.observed, (v) => number(v), false) : [], unit = c.front.outcome_unit;
    for (const panel of panels) {
      panel.signals.xTitle = unitOf(fill(c.words.predicted, {outcome: outcomeOf(c)}), unit);
      panel.signals.yTitle = unitOf(fill(c.words.observed, {outcome: outcomeOf(c)}), unit);
    }
    return panels;
  }

  function calibration(c) {
    const panels = c.figures.calibration ? against(c, c.figures.calibration, percent, true) : [], curve = (c.front.calibration || {}).curve;
    for (const panel of panels) {
      panel.data.curve = [];
      if (curve && panel.data.bins.some((b) => b.series === 1)) panel.data.curve = zip(["x", "y"], [curve.predicted, curve.observed]).map((p) => ({...p, series: 1}));
      if (known(c.figures.calibration.at)) panel.caption = atTime(c, c.figures.calibration.at);
    }
    return panels;
  }

  function roc(c) {
    const r = c.figures.roc;
    if (!r || !known(r.auc)) return [];
    const curve = zip(["x", "y"], [r.fpr, r.tpr]).filter((p) => known(p.x) && known(p.y)); // none where too few patients stand behind it
    const area = known(r.low) ? fill(c.words.area, {auc: measure(r.auc), low: measure(r.low), high: measure(r.high)}) : "AUC " + measure(r.auc);
    return [{
      height: 280, square: true, caption: curve.length ? "" : c.words.no_curve,
      tables: [curve.length ? table([c.words.head], thin(curve).map((p) => [percent(p.x), percent(p.y)])) : table([["AUC"]], [[area]])],
      data: {diagonal: [{x: 0, y: 0, dash: 2}, {x: 1, y: 1, dash: 2}], curve: curve.map((p) => ({...p, zero: 0}))},
      signals: {xDomain: [0, 1], yDomain: [0, 1], area},
      summary: {formula: short(nameOf(c)), auc: area},
    }];
  }

  function decision(c) {
    const d = c.figures.decision, held = (c.front.versus || {}).decision_curve;
    if (!d || !(d.threshold || []).length) return [];
    const lines = [{label: c.words.formula, x: d.threshold, y: d.formula}, {label: c.words.all, x: d.threshold, y: d.all}, {label: c.words.none, x: d.threshold, y: d.threshold.map(() => 0)}];
    if (held) lines.push({label: c.words.chosen, x: held.threshold, y: held.chosen});
    if (held && !(held.chosen || []).some(known)) lines.pop(); // disclosure control
    for (const contender of (held || {}).contenders || []) if (lines.length < 6 && (contender.benefit || []).some(known)) lines.push({label: contenderName(c, contender.name), x: held.threshold, y: contender.benefit});
    const best = Math.max(...lines.flatMap((line) => line.y.filter(known)), 1e-6);
    const end = Math.max(...d.threshold.filter((_, i) => lines.some((line) => line.x === d.threshold && line.y[i] > 0)), 0.1);
    const at = (line, x) => { const i = line.x.findIndex((v) => Math.abs(v - x) < 1e-9); return i < 0 ? null : line.y[i]; };
    return [{
      height: 260, tables: [table([c.words.head, lines.map((line) => line.label)], thin(d.threshold).map((x) => [percent(x), ...lines.map((line) => number(at(line, x), 2))]))],
      key: lines.map((line, k) => ({label: line.label, series: k})),
      data: {curves: lines.flatMap((line, k) => zip(["x", "y"], [line.x, line.y]).map((p) => ({...p, series: k})))},
      signals: {xDomain: [0, Math.min(1, end * 1.15)], yDomain: [-0.15 * best, 1.08 * best]},
      caption: known(d.at) ? atTime(c, d.at) : "",
      summary: {formula: short(nameOf(c))},
    }];
  }

  /* ---- survival --------------------------------------------------------------------------------------------------------- */

  /* From all at the start to the last step; where single patients may be seen, on to the last time at which somebody was at risk. */
  function curveOf(g, at, controlled) {
    const steps = zip(["x", "y", "low", "high"], [g.time, g.survival, g.lower, g.upper]).filter((p) => p.x > 0 && known(p.y)), end = steps[steps.length - 1];
    const watched = at.filter((_, i) => (g.at_risk || [])[i] > 0), last = Math.max(...watched, 0), start = {x: 0, y: 1, low: 1, high: 1};
    if (controlled) return end ? [start, ...steps] : [];
    return [start, ...steps, ...(last > (end || start).x ? [{...(end || start), x: last}] : [])];
  }

  /* At a time between joined steps, on the line between them; behind the last of them nothing is known. */
  function survivalAt(steps, time, controlled) {
    const after = steps.findIndex((p) => p.x > time), before = steps[after < 0 ? steps.length - 1 : after - 1];
    if (!before) return null;
    if (!controlled || before.x === time) return before.y;
    return after < 0 ? null : before.y + (steps[after].y - before.y) * (time - before.x) / (steps[after].x - before.x);
  }

  /* The group's range in values of the formula: those of predictions, without intercept and slope. With covariates there is no such range. */
  function rangeOf(c, groups, k) {
    const entry = entryOf(c), slope = entry.slope, value = (prediction) => number((prediction - (entry.intercept || 0)) / slope);
    if (!known(slope) || slope === 0 || (entry.covariates || []).length || !known(groups[k].low) || !known(groups[k].high)) return "";
    const turned = slope < 0, from = value(turned ? groups[k].high : groups[k].low), to = value(turned ? groups[k].low : groups[k].high);
    const first = turned ? k === groups.length - 1 : k === 0, last = turned ? k === 0 : k === groups.length - 1;
    return fill(first ? c.words.below : last ? c.words.above : c.words.between, {from, to});
  }

  function kaplan_meier(c) {
    const km = c.figures.kaplan_meier, groups = (km || {}).groups || [];
    if (!groups.length) return [];
    const name = (g) => c.words[g.name] || g.name, last = Math.max(...(km.at || []), ...groups.flatMap((g) => g.time || []));
    const every = Math.max(1, Math.ceil((km.at || []).length / Math.max(2, Math.floor((c.width - 110) / 58)))), shown = (km.at || []).map((_, i) => i).filter((i) => i % every === 0);
    const controlled = ((c.data.sdc || {}).threshold || 0) > 0;
    const steps = groups.flatMap((g, k) => curveOf(g, km.at || [], controlled).map((p) => ({...p, series: k})));
    const ranges = groups.map((g, k) => rangeOf(c, groups, k)), groupOf = (g, k) => fill(c.words.group, {name: name(g), samples: count(g.samples), events: count(g.events)}) + (ranges[k] ? "; " + ranges[k] : "");
    const notes = [c.words.equal, known(km.p) ? fill(c.words.p, {p: probability(km.p)}) : "", controlled ? fill(c.words.joined, {threshold: c.data.sdc.threshold}) : ""];
    const survival = (k, time) => survivalAt(steps.filter((p) => p.series === k), time, controlled);
    const rows = (km.at || []).map((time, i) => [number(time, 4), ...groups.flatMap((g, k) => [percent(survival(k, time)), count((g.at_risk || [])[i])])]);
    const tables = [table([[km.unit ? fill(c.words.time_unit, {unit: km.unit}) : c.words.time], groups.flatMap((g) => fill(c.words.head, {name: name(g)}).split("|"))], rows)];
    return [{
      height: 260, tables,
      key: groups.map((g, k) => ({label: groupOf(g, k) + (steps.some((p) => p.series === k) ? "" : " – " + c.words.no_curve), series: k, area: true})),
      caption: notes.filter((note) => note).join(" "),
      data: {
        steps,
        names: groups.map((g, k) => ({series: k, label: name(g), tip: fill(c.words.tip, {name: name(g), range: ranges[k]})})),
        counts: groups.flatMap((g, k) => shown.map((i) => ({series: k, x: km.at[i], label: known((g.at_risk || [])[i]) ? count(g.at_risk[i]) : "–"}))),
      },
      signals: {joined: controlled ? 1 : 0, xDomain: [0, last], yDomain: [0, 1], times: shown.map((i) => km.at[i]), xTitle: km.unit ? fill(c.words.time_unit, {unit: km.unit}) : c.words.time},
      summary: {count: groups.length, formula: short(nameOf(c)), groups: groups.map(groupOf).join("; ")},
    }];
  }

  function auc_t(c) {
    const a = c.figures.auc_t;
    if (!a || !(a.time || []).length) return [];
    const rows = zip(["x", "y", "low", "high"], [a.time, a.auc, a.low, a.high]).filter((p) => known(p.y));
    const unit = (c.figures.kaplan_meier || {}).unit, ys = column(rows, "y");
    if (!rows.length) return [];
    return [{
      height: 220, key: [], tables: [table([[unit ? fill(c.words.time_unit, {unit}) : c.words.time], c.words.head], rows.map((p) => [number(p.x, 4), measure(p.y), measure(p.low), measure(p.high)]))],
      data: {
        chance: [{y: 0.5, dash: 2}],
        curve: rows.map((p) => ({...p, tip: fill(c.words.tip, {time: number(p.x, 4), auc: measure(p.y), low: measure(p.low), high: measure(p.high)})})),
      },
      signals: {
        xDomain: [0, Math.max(...column(rows, "x")) * 1.03], yDomain: extent([ys, column(rows, "low"), column(rows, "high"), [0.5]], 0.04),
        xTitle: unit ? fill(c.words.time_unit, {unit}) : c.words.time,
      },
      summary: {count: rows.length, low: measure(Math.min(...ys)), high: measure(Math.max(...ys))},
    }];
  }

  function subgroups(c) {
    const list = c.figures.subgroups || [], heads = [], rows = [];
    let top = 0, columnNow = null;
    if (!list.length) return [];
    const metric = list[0].metric, name = metricName(c, metric), overall = (entryOf(c).metrics || {})[metric];
    for (const s of list) {
      if (s.column !== columnNow) {
        heads.push({top: top + (top ? 6 : 0), label: s.column, tip: short(s.column, 400)});
        top += top ? 30 : 24;
        columnNow = s.column;
      }
      const values = {column: short(s.column), level: s.level, metric: name, value: measure(s.value), low: measure(s.low), high: measure(s.high), samples: count(s.samples), events: count(s.events)};
      rows.push({...s, top, label: fill(known(s.value) ? (known(s.events) ? c.words.row_events : c.words.row) : c.words.hidden, values), tip: fill(c.words.tip, {...values, level: short(s.level)})});
      top += 40;
    }
    const tables = [table([c.words.head], list.map((s) => [s.column + ": " + s.level, measure(s.value), measure(s.low), measure(s.high), count(s.samples)]))];
    return [{
      height: top + 4, tables,
      data: {
        heads, rows, values: rows.filter((r) => known(r.value)).map((r) => ({...r, low: known(r.low) ? r.low : r.value, high: known(r.high) ? r.high : r.value})),
        overall: known(overall) ? [{x: overall, dash: 2}] : [],
      },
      key: known(overall) ? [{label: fill(c.words.overall, {value: measure(overall)}), colour: "#8a8a8a", dash: "2 2"}] : [],
      signals: {xDomain: extent([column(rows, "value"), column(rows, "low"), column(rows, "high"), [overall]], 0.06), xTitle: name},
      summary: {metric: name, formula: short(nameOf(c)), count: rows.length},
    }];
  }

  /* ---- two formulas at once --------------------------------------------------------------------------------------------- */

  /* Where x·X + y·Y + intercept = cut crosses the plane. */
  function decisionLine(line, xDomain, yDomain) {
    if (!line || !known(line.x) || !known(line.y) || !known(line.cut) || !known(line.intercept)) return [];
    const rest = line.cut - line.intercept;
    if (Math.abs(line.y) * (yDomain[1] - yDomain[0]) < 1e-9 * Math.abs(line.x) * (xDomain[1] - xDomain[0]))
      return line.x ? yDomain.map((y) => ({x: rest / line.x, y, dash: 1})) : [];
    return xDomain.map((x) => ({x, y: (rest - line.x * x) / line.y, dash: 1}));
  }

  function cells(c, axes, values, mean) {
    const rows = [];
    for (let j = 0; j + 1 < axes.edges_y.length; j++)
      for (let i = 0; i + 1 < axes.edges_x.length; i++) {
        const n = (axes.count[j] || [])[i], v = (values[j] || [])[i], value = mean ? v : v / n;
        if (!known(n) || n <= 0 || !known(v) || !known(value)) continue;
        const tip = fill(mean ? c.words.tip_mean : c.words.tip, {count: count(n), outcome: short(outcomeOf(c)), value: mean ? number(value) : percent(value)});
        rows.push({x0: axes.edges_x[i], x1: axes.edges_x[i + 1], y0: axes.edges_y[j], y1: axes.edges_y[j + 1], value, count: n, tip});
      }
    return rows;
  }

  const cividis = ["#00224e", "#35456c", "#666970", "#948e77", "#c8b866", "#fee838"];

  function points(c, axes) {
    const p = axes.points, kinds = new Set(p.outcome.filter(known));
    const few = kinds.size <= 2, [low, high] = extent([p.outcome], 0);
    const colour = (v) => few ? (v === high ? "#D55E00" : "#0072B2") : cividis[Math.min(5, Math.floor(6 * (v - low) / (high - low || 1)))];
    const rows = zip(["x", "y", "outcome"], [p.x, p.y, p.outcome]).map((row) => ({...row, series: few && row.outcome === high ? 2 : 0, colour: colour(row.outcome), few}));
    return rows.sort((a, b) => a.outcome - b.outcome); // the rarer, as a rule, above
  }

  /* A side of a pair stands for itself: it need not be on the front. */
  function sideOf(c, axes, k) {
    const side = (axes.sides || [])[k] || entryOf(c, k ? axes.y : axes.x);
    return {name: side.formula_short || side.formula || "", unit: side.unit};
  }

  function pair(c, axes) {
    const sides = [sideOf(c, axes, 0), sideOf(c, axes, 1)];
    const panel = {
      height: 300, square: true, key: [], data: {}, caption: "",
      signals: {xTitle: unitOf(sides[0].name, sides[0].unit), yTitle: unitOf(sides[1].name, sides[1].unit)},
      summary: {x: short(sides[0].name), y: short(sides[1].name)},
    };
    if (axes.points) {
      const drawn = points(c, axes);
      panel.spec = "points";
      panel.data.points = drawn;
      const kinds = [...new Set(drawn.map((p) => p.outcome))].sort((a, b) => a - b).slice(0, 12);
      panel.tables = [table([c.words.head_points], kinds.map((kind) => [number(kind), count(drawn.filter((p) => p.outcome === kind).length)]))];
      panel.signals.xDomain = extent([axes.points.x], 0.03);
      panel.signals.yDomain = extent([axes.points.y], 0.03);
      if (drawn.length && drawn[0].few) {
        panel.key.push({label: fill(c.words.with, {outcome: outcomeOf(c)}), colour: "#D55E00", shape: "triangle", line: false});
        panel.key.push({label: c.words.without, colour: "#0072B2", shape: "circle", line: false});
      }
    } else {
      if (!axes.count || !axes.edges_x || !axes.edges_y) return null;
      const mean = !axes.positive, rows = cells(c, axes, axes.positive || axes.mean || [], mean);
      if (!rows.length) return null;
      panel.spec = "heat";
      panel.data.cells = rows;
      panel.tables = [table([c.words.head, [fill(mean ? c.words.mean : c.words.share, {outcome: outcomeOf(c)})]],
        rows.map((r) => [number(r.x0), number(r.x1), number(r.y0), number(r.y1), count(r.count), mean ? number(r.value) : percent(r.value)]))];
      panel.signals.xDomain = extent([axes.edges_x], 0);
      panel.signals.yDomain = extent([axes.edges_y], 0);
      panel.signals.shadeDomain = extent([column(rows, "value")], 0);
      panel.signals.shadeTitle = fill(mean ? c.words.mean : c.words.share, {outcome: outcomeOf(c)});
    }
    panel.data.line = decisionLine(axes.line, panel.signals.xDomain, panel.signals.yDomain);
    if (panel.data.line.length) panel.key.push({label: c.words.line, colour: "currentColor", dash: "7 3"});
    return panel;
  }

  const PAIRS = 4; // the table has the others

  const two_axis = (c) => (c.target.two_axis || []).map((axes) => pair(c, axes)).filter((panel) => panel).slice(0, PAIRS);

  /* ---- factors ------------------------------------------------------------------------------------------------------------ */

  function horizons(c) {
    const {targets = [], factors = []} = c.data.horizons || {};
    if (targets.length < 2 || !factors.length) return [];
    const room = Math.min(200, c.width * 0.34), tall = 30, top = 26, wide = Math.min((c.width - room - 8) / targets.length, 120);
    const simplest = factors.flatMap((f) => f.targets.map((at) => at ? at.simplest : null)).filter(known), most = Math.max(...simplest, 2);
    const left = (k) => room + 8 + k * wide;
    const cellsOf = (f, i) => targets.map((t, k) => {
      const at = f.targets[k], cell = {x: left(k) + 2, y: top + i * tall + 2, width: wide - 4, height: tall - 4, label: "", strength: 0, selected: false, tip: null};
      if (!at) return cell;
      const tip = fill(c.words.tip, {factor: short(f.name, 200), target: short(t.outcome || t.name), complexity: at.simplest, front: count(at.front)});
      return {...cell, label: String(at.simplest), strength: 1 - 0.8 * (at.simplest - 1) / (most - 1), selected: Boolean(at.selected), tip};
    });
    return [{
      height: top + factors.length * tall + 16, // the margins of the specification are inside
      data: {
        columns: targets.map((t, k) => ({x: left(k) + wide / 2, label: t.name, room: wide - 6, tip: short(t.outcome || t.name, 200)})),
        rows: factors.map((f, i) => ({y: top + (i + 0.5) * tall, label: f.name, room: room - 4, tip: short(f.name, 400)})),
        cells: factors.flatMap(cellsOf),
      },
      signals: {}, key: [], summary: {factors: factors.length, targets: targets.length},
    }];
  }

  const NODES = 30;

  function network(c) {
    const n = c.target.network, all = (n || {}).factors || [];
    if (!all.length) return [];
    const order = all.map((_, i) => i).sort((a, b) => all[b].formulas - all[a].formulas || a - b).slice(0, NODES), place = new Map(order.map((i, k) => [i, k]));
    const letters = Math.max(...order.map((i) => all[i].name.length)) + 6, room = Math.min(230, c.width * 0.42, 8 * letters), x = room + 16, step = 28, most = Math.max(...order.map((i) => all[i].formulas), 1);
    const pairs = (n.pairs || []).filter((p) => place.has(p.a) && place.has(p.b)), mostPairs = Math.max(...pairs.map((p) => p.formulas), 1);
    const y = (i) => 18 + step * place.get(i), reach = Math.max(40, Math.min(c.width - x - 12, 420));
    const furthest = Math.max(...pairs.map((p) => Math.abs(y(p.a) - y(p.b))), step);
    const arcs = pairs.sort((a, b) => a.formulas - b.formulas).map((p) => {
      const [from, to] = [Math.min(y(p.a), y(p.b)), Math.max(y(p.a), y(p.b))], ry = (to - from) / 2, rx = Math.max(14, reach * (to - from) / Math.max(furthest, 2 * reach));
      return {
        path: `M${x},${from}A${rx},${ry} 0 0 1 ${x},${to}`, width: 1 + 7 * p.formulas / mostPairs, strength: 0.25 + 0.55 * p.formulas / mostPairs,
        tip: fill(c.words.pair, {a: short(all[p.a].name), b: short(all[p.b].name), count: count(p.formulas)}),
      };
    });
    return [{
      height: 48 + step * (order.length - 1),
      data: {
        arcs,
        nodes: order.map((i) => ({
          x, y: y(i), size: 40 + 260 * all[i].formulas / most, gap: 14, room: room - 2, label: all[i].name + "  " + count(all[i].formulas),
          tip: fill(c.words.tip, {name: short(all[i].name, 400), count: count(all[i].formulas), best: count(n.formulas || n.best)}),
        })),
      },
      signals: {}, key: [], 
      caption: all.length + (n.left_out || 0) > order.length ? fill(c.words.more, {shown: order.length, all: all.length + (n.left_out || 0)}) : "",
      summary: {factors: all.length, best: count(n.formulas || n.best), name: short(all[order[0]].name), count: count(all[order[0]].formulas)},
    }];
  }

  return {fill, charts: {front, response, distribution, observed, roc, calibration, decision, kaplan_meier, auc_t, stability, stability_factors, subgroups, two_axis, horizons, network}};
})();
