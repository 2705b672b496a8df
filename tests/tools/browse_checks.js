/* browse_checks.js: what is wrong with what is seen of a report just now, as a list of sentences. Read by browse.py, run in the page. */
(() => {
  const wrong = [], seen = (element) => element.getClientRects().length > 0 && getComputedStyle(element).visibility !== "hidden";
  const name = (element) => element.tagName.toLowerCase() + (element.id ? "#" + element.id : "") + (element.className && element.className.baseVal === undefined ? "." + String(element.className).split(" ").join(".") : "");
  const at = (element) => { const figure = element.closest("[data-chart]"); return figure ? "chart " + figure.dataset.chart : name(element); };
  const shorten = (text) => text.trim().slice(0, 40);

  /* ---- the page as a whole */
  const scroller = document.scrollingElement;
  const width = Math.min(window.innerWidth, screen.width); // a phone widens its window to what does not fit
  if (scroller.scrollWidth > width) {
    const wide = [...document.querySelectorAll("body *")].filter((e) => seen(e) && e.getBoundingClientRect().right > width + 1 && !e.closest(".scrolls > *, .equation > *, svg *, math *, .visually-hidden, .skip"));
    wrong.push(`the page is ${scroller.scrollWidth} wide in a window of ${width}: ${wide.slice(-3).map(name).join(", ")}`);
  }
  for (const section of document.querySelectorAll("section, article, figure, .panel, tbody, .tiles, .charts"))
    if (seen(section) || section.matches("figure, tbody")) {
      const hidden = section.closest(".target:not(.current), article:not(.current), details:not([open])");
      if (!hidden && !section.textContent.trim() && !section.querySelector("svg")) wrong.push(`${name(section)} is empty`);
    }
  for (const section of document.querySelectorAll("section")) if (seen(section) && !section.querySelector("h2")) wrong.push(`${name(section)} has no heading`);
  for (const cell of document.querySelectorAll("th, td")) {
    const box = cell.getBoundingClientRect();
    if (seen(cell) && cell.textContent.trim().length > 8 && box.width > 2 && box.width < 45 && box.height > 120) wrong.push(`"${shorten(cell.textContent)}" is squeezed into ${Math.round(box.width)} px`);
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!node.data.trim() || !seen(parent) || parent.closest("script, svg, .visually-hidden")) continue;
    const size = parseFloat(getComputedStyle(parent).fontSize);
    if (size < 9) wrong.push(`"${shorten(node.data)}" is ${size} px high in ${name(parent)}`);
    if (/undefined|NaN|\[object/.test(node.data) && !node.data.includes("\u2063")) wrong.push(`"${shorten(node.data)}" stands in ${name(parent)}`);
  }

  /* ---- pictures */
  for (const svg of document.querySelectorAll("figure svg")) {
    if (!seen(svg) || svg.closest("[aria-hidden=true]")) continue;
    const box = svg.getBoundingClientRect(), scale = svg.viewBox.baseVal && svg.viewBox.baseVal.width ? box.width / svg.viewBox.baseVal.width : 1;
    if (!svg.querySelector(".mark-line path, .mark-area path, .mark-symbol path, .mark-rect path, .mark-rule line, .mark-group path, .mark-arc path")) wrong.push(`${at(svg)} has a picture without a mark`);
    const texts = [...svg.querySelectorAll("text")].filter((text) => text.textContent.trim() && seen(text) && Number(getComputedStyle(text).opacity) > 0.05 && Number(text.getAttribute("opacity") ?? 1) > 0.05);
    const boxes = texts.map((text) => text.getBoundingClientRect());
    for (const [i, text] of texts.entries()) {
      const size = parseFloat(getComputedStyle(text).fontSize) * scale, a = boxes[i];
      if (size < 9) wrong.push(`${at(svg)}: "${shorten(text.textContent)}" is ${size.toFixed(1)} px high`);
      const air = 0.3 * Math.min(a.width, a.height); // boxes of letters are higher than the letters, of Chinese ones much
      if (a.left < box.left - 1.5 || a.right > box.right + 1.5 || a.top < box.top - air || a.bottom > box.bottom + air) wrong.push(`${at(svg)}: "${shorten(text.textContent)}" is cut off`);
      for (let j = i + 1; j < texts.length; j++) {
        const b = boxes[j], over = Math.min(a.right, b.right) - Math.max(a.left, b.left), down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (over > 1.5 && down > 1.5 && over > 0.3 * Math.min(a.width, b.width, a.height, b.height) && down > 0.3 * Math.min(a.height, b.height, a.width, b.width)) wrong.push(`${at(svg)}: "${shorten(text.textContent)}" and "${shorten(texts[j].textContent)}" overlap`);
      }
    }
  }

  /* ---- who cannot see a picture has words, and numbers where there are */
  for (const figure of document.querySelectorAll("figure[data-chart]")) {
    if (!seen(figure) || !figure.querySelector("svg")) continue;
    if (!figure.querySelector("figcaption") || !figure.querySelector("figcaption").textContent.trim()) wrong.push(`${at(figure)} has no caption`);
    if (!figure.querySelector("details table")) wrong.push(`${at(figure)} has no table of its numbers`);
  }
  for (const control of document.querySelectorAll("button, select, [role=img], [role=group]"))
    if (seen(control) && !(control.getAttribute("aria-label") || control.closest("label") || control.textContent.trim())) wrong.push(`${name(control)} has no name`);
  return wrong;
})()
