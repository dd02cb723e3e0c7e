/* Says when another version of the programme is online. It swaps nothing under the reader's eyes: a link does. */

const EVERY = 8000; // milliseconds; a release shows within 10 s

const place = document.querySelector("[data-release]");

async function look() {
  if (document.visibilityState !== "visible") return;
  const answer = await fetch("/programme/version.json", { cache: "no-cache" }).catch(() => null);
  if (!answer?.ok) return;
  const { edition, release } = await answer.json().catch(() => ({}));
  if (!release || `${edition}:${release}` === place.dataset.release) return;
  place.firstElementChild.hidden = false;
  clearInterval(timer);
}

const timer = setInterval(look, EVERY);
document.addEventListener("visibilitychange", look);
