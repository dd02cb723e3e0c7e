// Choosing another language keeps what was typed into the forms of the page: the team's pages are opened again by a link.
const KEPT = `typed:${location.pathname}`;
const SKIPPED = new Set(["hidden", "password", "file", "submit", "button"]);

function fields() {
  return [...document.querySelectorAll("main form :is(input, select, textarea)[name]")].filter((one) => !SKIPPED.has(one.type));
}

function ticked(one) {
  return one.type === "radio" || one.type === "checkbox";
}

// The same name may stand several times on a page: in several forms, or as the boxes of one question.
function name(one, counts) {
  const plain = ticked(one) ? `${one.name} ${one.value}` : one.name;
  counts[plain] = (counts[plain] ?? 0) + 1;
  return `${plain} ${counts[plain]}`;
}

// What was typed over one version of a thing is not put over another: somebody may have saved in between.
function versions() {
  return [...document.querySelectorAll("main form input[name=version]")].map((one) => one.value).join(" ");
}

function keep() {
  const counts = {};
  const typed = fields().map((one) => [name(one, counts), ticked(one) ? one.checked : one.value]);
  sessionStorage.setItem(KEPT, JSON.stringify({ over: versions(), typed }));
}

function restore() {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
  sessionStorage.removeItem(KEPT); // once: opened again tomorrow, the page shows what is true then
  if (kept?.over !== versions()) return;
  const typed = new Map(kept.typed);
  const counts = {};
  for (const one of fields()) {
    const value = typed.get(name(one, counts));
    if (typeof value === "boolean") one.checked = value;
    else if (value !== undefined && (one.tagName !== "SELECT" || [...one.options].some((option) => option.value === value))) one.value = value;
  }
}

restore();
for (const link of document.querySelectorAll(".lang a")) link.addEventListener("click", keep);
