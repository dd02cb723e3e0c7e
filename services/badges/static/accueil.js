// The door without waiting for a page: the answer takes its place on the screen, and the next badge may come.
// A scanner may stand beside it: it says `badge-read`, and hears `door-answered` or `door-silent`.
const SHORT = 80;
const LONG = [200, 100, 200];
const COUNT_EVERY = 4000;
const GOOD = new Set(["admitted", "undone"]);

const door = () => document.querySelector(".door");

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-ask]")) return;
  event.preventDefault();
  ask(event.target, event.target.matches(".door__form"));
});

document.addEventListener("badge-read", (event) => {
  const form = document.querySelector(".door__form");
  form.elements.code.value = event.detail;
  ask(form, false);
});

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-next]")) return;
  event.preventDefault();
  document.dispatchEvent(new CustomEvent("next-badge"));
  // The scanner has resumed in the meantime, where there is one: its button has the focus, and no keyboard opens.
  setTimeout(() => document.querySelector(door().matches(".door--scanning") ? "[data-stop]" : "#code").focus());
});

async function ask(form, typed) {
  const here = door();
  if (here.ariaBusy === "true") return; // a second tap: the first is on its way
  here.ariaBusy = "true";
  here.querySelector("[data-away]").hidden = true;
  try {
    const response = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (!response.headers.get("content-type")?.startsWith("text/html")) throw new Error(response.statusText);
    if (!new URL(response.url).pathname.startsWith("/accueil")) return location.assign(response.url);
    const answer = new DOMParser().parseFromString(await response.text(), "text/html").querySelector(".door");
    if (!answer && response.status < 500) return location.reload(); // a desk that was closed says so on its own page
    show(here, answer, typed);
  } catch {
    // The code and its nonce stay in the form, so trying again cannot count twice.
    here.querySelector("[data-away]").hidden = false;
    if (typed) here.querySelector("#code").focus();
    document.dispatchEvent(new CustomEvent("door-silent"));
  } finally {
    here.ariaBusy = "false";
  }
}

function show(here, next, typed) {
  if (!next) throw new Error("the answer is not a door");
  const result = next.dataset.result;
  here.className = next.className;
  here.dataset.result = result;
  for (const part of [".door__face", ".door__form", "[data-last]", "[data-count]"]) {
    here.querySelector(part).replaceWith(next.querySelector(part));
  }
  const announced = here.querySelector(".door__answer");
  if (announced) announced.replaceChildren(...announced.childNodes); // put in again, so that screen readers say it
  if (typed) here.querySelector("#code").focus();
  if (result) navigator.vibrate?.(GOOD.has(result) ? SHORT : LONG);
  document.dispatchEvent(new CustomEvent("door-answered", { detail: GOOD.has(result) }));
}

// The figures, while somebody looks. Whatever goes wrong here is the next try's to mend.
setInterval(async () => {
  if (document.hidden || door().ariaBusy === "true") return;
  const response = await fetch("/accueil/compte").catch(() => null);
  if (!response?.ok || response.redirected) return;
  const next = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("[data-count]");
  const old = document.querySelector("[data-count]");
  if (!next) return;
  next.querySelector("details")?.toggleAttribute("open", old.querySelector("details")?.open ?? false);
  if (next.outerHTML !== old.outerHTML) old.replaceChildren(...next.childNodes);
}, COUNT_EVERY);
