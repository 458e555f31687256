// What is wrong with the geometry of a page, in sentences.
() => {
  const found = new Set(), page = document.documentElement;
  const seen = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !element.closest(".sr, .skip");
  };
  const name = (element) => (element.innerText || element.name || element.id || element.tagName).trim().slice(0, 30);
  if (page.scrollWidth > page.clientWidth) found.add(`${page.scrollWidth - page.clientWidth} px wider than the screen`);
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode.data.trim(), owner = texts.currentNode.parentElement;
    if (!text || owner.closest("script, style, template, option") || !seen(owner)) continue;
    const scale = owner.closest("svg") && owner.getScreenCTM ? Math.abs(owner.getScreenCTM().d) : 1;
    const size = parseFloat(getComputedStyle(owner).fontSize) * scale;
    if (size < 10) found.add(`a text of ${size.toFixed(1)} px: ${text.slice(0, 30)}`);
  }
  for (const table of document.querySelectorAll(".table-wrap"))
    if (seen(table) && table.scrollWidth > table.clientWidth + 1) found.add(`a table ${table.scrollWidth - table.clientWidth} px wider than its place`);
  const controls = [...document.querySelectorAll("button, a.button, input:not([type=hidden]), select, textarea, summary")].filter(seen);
  const boxes = controls.map((control) => [control, control.getBoundingClientRect()]);
  for (const [control, box] of boxes) {
    if (box.right > page.clientWidth + 1 || box.left < -1) found.add(`off the screen: ${name(control)}`);
    if (control.matches("button, a.button") && control.scrollWidth > control.clientWidth + 1) found.add(`clipped: ${name(control)}`);
  }
  boxes.forEach(([one, a], at) => boxes.slice(at + 1).forEach(([other, b]) => {
    // What sticks to the edge of the screen lies over what scrolls under it.
    const floats = [one, other].some((control) => control.closest(".save-bar, .search-box, .copyable, .code, .sidebar"));
    if (floats || one.contains(other) || other.contains(one)) return;
    const width = Math.min(a.right, b.right) - Math.max(a.left, b.left), height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (width > 2 && height > 2) found.add(`${name(one)} lies over ${name(other)}`);
  }));
  return [...found];
}
