// Sends a form again by itself, somewhere between half and one and a half times its pause: not everybody at once.

const form = document.querySelector("form[data-again]");
const line = form.querySelector("[data-countdown]");
let seconds = Math.round(Number(form.dataset.again) * (0.5 + Math.random()));
line.textContent = line.dataset.countdown.replace("{seconds}", seconds);
line.hidden = false;
const clock = setInterval(() => {
  seconds -= 1;
  if (seconds > 0) return;
  clearInterval(clock);
  form.requestSubmit(form.querySelector("button"));
}, 1000);
form.addEventListener("submit", () => clearInterval(clock));
