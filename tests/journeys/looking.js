// What axe does not look at: where the focus goes, what a small window or wider letters hide, what moves.
// Each function gives back a list of lines, one for each thing that is wrong.

globalThis.looking ??= (() => {
  const FOCUSED = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]";
  const SCROLLS = new Set(["auto", "scroll"]);
  const SPACED = new CSSStyleSheet(); // WCAG 1.4.12; adopted, so the page's own policy does not stop it
  SPACED.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }
    p { margin-block-end: 2em !important; }`);

  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const shown = (one) => one.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true });
  const name = (one) => `${one.tagName.toLowerCase()}${one.id && `#${one.id}`}.${one.className} "${one.textContent.trim().slice(0, 40)}"`;

  // The ring is around the element, or around the card or row that stands for it.
  function ringed(one) {
    for (let around = one; around && around !== document.body; around = around.parentElement) {
      const { outlineStyle, outlineWidth } = getComputedStyle(around);
      if (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2) return true;
    }
    return false;
  }

  function seen(one) {
    const box = one.getClientRects()[0];
    if (!box) return false;
    const across = [box.left + 2, (box.left + box.right) / 2, box.right - 2];
    const down = [box.top + 2, (box.top + box.bottom) / 2, box.bottom - 2];
    return across.some((x) => down.some((y) => {
      const there = document.elementFromPoint(x, y);
      return there && (one.contains(there) || there.contains(one) || there.closest("label")?.contains(one));
    }));
  }

  function focus() {
    const before = document.activeElement;
    const wrong = [];
    for (const one of all(FOCUSED)) {
      if (one.tabIndex > 0) wrong.push(`order of its own: ${name(one)}`);
      if (one.tabIndex < 0 || one.disabled || !shown(one)) continue;
      one.focus();
      if (document.activeElement !== one) wrong.push(`takes no focus: ${name(one)}`);
      else wrong.push(...here());
    }
    before.focus();
    return wrong;
  }

  // The same for what has the focus now.
  function here() {
    const one = document.activeElement;
    if (one === document.body) return ["nothing has the focus"];
    return [...(ringed(one) ? [] : [`no ring: ${name(one)}`]), ...(seen(one) ? [] : [`out of sight: ${name(one)}`])];
  }

  function clips(one) {
    const { overflowX, overflowY, clipPath, position, webkitLineClamp } = getComputedStyle(one);
    if (clipPath !== "none" || (position === "absolute" && one.clientWidth <= 1) || webkitLineClamp !== "none") return false;
    const hides = (overflow, has, room) => (overflow === "hidden" || overflow === "clip") && has > room + 1;
    return hides(overflowX, one.scrollWidth, one.clientWidth) || hides(overflowY, one.scrollHeight, one.clientHeight);
  }

  const speaks = (one) => [...one.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.data.trim());

  function clipped() {
    return all("body *").filter((one) => !one.closest("svg") && shown(one) && speaks(one) && clips(one)).map((one) => `cut: ${name(one)}`);
  }

  function sideways() {
    if (document.documentElement.scrollWidth <= innerWidth) return [];
    const over = all("body *").filter((one) => one.getBoundingClientRect().right > innerWidth + 1);
    return over.slice(0, 5).map((one) => `sticks out: ${name(one)}`);
  }

  const inside = (one) => one.parentElement && (SCROLLS.has(getComputedStyle(one.parentElement).overflowY) || inside(one.parentElement));

  // What stays in the window while one scrolls may take a third of it.
  function bars() {
    const stuck = all("body *").filter((one) => {
      const { position, pointerEvents } = getComputedStyle(one);
      return (position === "fixed" || position === "sticky") && pointerEvents !== "none" && shown(one) && !inside(one);
    });
    scrollTo(0, (document.documentElement.scrollHeight - innerHeight) / 2);
    const height = (one) => {
      const { top, bottom } = one.getBoundingClientRect();
      return Math.max(0, Math.min(bottom, innerHeight) - Math.max(top, 0));
    };
    const taken = stuck.reduce((sum, one) => sum + height(one), 0);
    scrollTo(0, 0);
    return taken > innerHeight / 3 ? [`${Math.round(taken)} of ${innerHeight} pixels taken by ${stuck.map(name).join(", ")}`] : [];
  }

  function spaced() {
    document.adoptedStyleSheets.push(SPACED);
    const wrong = [...sideways(), ...clipped()].map((line) => `with wider letters, ${line}`);
    document.adoptedStyleSheets.pop();
    return wrong;
  }

  const seconds = (list) => Math.max(...list.split(",").map(parseFloat));

  function moving() {
    const parts = all("*").flatMap((one) => [null, "::before", "::after"].map((part) => [one, getComputedStyle(one, part)]));
    const slow = parts.filter(([, style]) => seconds(style.transitionDuration) > 0.02 || seconds(style.animationDuration) > 0.02);
    return [...new Set(slow.map(([one]) => `moves: ${name(one)}`))];
  }

  return { focus, here, clipped, sideways, bars, spaced, moving };
})();
