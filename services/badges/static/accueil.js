// The door without waiting for a page: the answer takes the screen's place, and the field is ready for the next code.
const SHORT = 80;
const LONG = [200, 100, 200];

document.addEventListener("submit", (event) => {
  if (!event.target.matches(".door__form")) return;
  event.preventDefault();
  ask(event.target);
});

async function ask(form) {
  const door = form.closest(".door");
  if (door.ariaBusy === "true") return; // a second tap: the first is on its way
  door.ariaBusy = "true";
  form.querySelector("[data-away]").hidden = true;
  try {
    const response = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (!response.headers.get("content-type")?.startsWith("text/html")) throw new Error(response.statusText);
    if (new URL(response.url).pathname !== location.pathname) return location.assign(response.url);
    show(door, new DOMParser().parseFromString(await response.text(), "text/html").querySelector(".door"));
  } catch {
    // The code and its nonce stay in the form, so trying again cannot count twice.
    door.ariaBusy = "false";
    form.querySelector("[data-away]").hidden = false;
    form.elements.code.focus();
  }
}

function show(door, next) {
  if (!next) throw new Error("the answer is not a door");
  const announced = next.querySelector(".door__answer");
  door.replaceWith(next);
  if (announced) announced.replaceChildren(...announced.childNodes); // put in again, so that screen readers say it
  next.querySelector("#code").focus();
  if (next.dataset.result) navigator.vibrate?.(next.dataset.result === "admitted" ? SHORT : LONG);
}
