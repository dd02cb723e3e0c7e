// The camera reads badges one after the other. The browser's own reader where there is one, else ZXing, served by us.
const READ_EVERY = 120;
const WELCOME_LASTS = 2500;
const OUT_OF_SIGHT = 1500; // a badge that stays before the camera is one badge
const WIDEST = 960;

const finder = document.querySelector("[data-finder]");
const panel = document.querySelector("[data-camera]");
const video = finder.querySelector("video");
const [startButton, stopButton, torchButton] = ["start", "stop", "torch"].map((name) => panel.querySelector(`[data-${name}]`));

let stream = null;
let read = null;
let paused = false;
let last = { text: "", at: 0 };
let lock = null;
let waiting = 0;
let starting = false;

if (navigator.mediaDevices?.getUserMedia) {
  panel.hidden = false;
  startButton.addEventListener("click", start);
  stopButton.addEventListener("click", stop);
  torchButton.addEventListener("click", switchTorch);
  document.addEventListener("door-answered", (event) => event.detail && later(WELCOME_LASTS));
  document.addEventListener("door-silent", () => later(0));
  document.addEventListener("next-badge", () => later(0));
  document.addEventListener("visibilitychange", keepAwake);
  const known = await navigator.permissions?.query({ name: "camera" }).catch(() => null);
  if (known?.state === "granted") start();
}

async function start() {
  for (const said of panel.querySelectorAll("[data-trouble]")) said.hidden = true;
  if (stream || starting) return;
  starting = true;
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 } },
    });
    video.srcObject = stream;
    await video.play();
  } catch (error) {
    return fail({ NotAllowedError: "refused", NotFoundError: "none", OverconstrainedError: "none" }[error.name] ?? "busy");
  }
  try {
    read ??= await reader();
  } catch {
    return fail("reader");
  }
  starting = false;
  last.text = "";
  const [track] = stream.getVideoTracks();
  track.addEventListener("ended", () => fail("busy"));
  torchButton.hidden = !track.getCapabilities?.().torch;
  finder.hidden = stopButton.hidden = false;
  // Somebody who pressed the button goes on from its twin; a field that waits for a code would open a keyboard.
  if (document.activeElement === startButton) stopButton.focus();
  else document.activeElement.blur();
  startButton.hidden = true;
  keepAwake();
  resume();
  look(stream);
}

function stop() {
  starting = false;
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = video.srcObject = null;
  lock?.release().catch(() => {});
  clearTimeout(waiting);
  document.querySelector(".door").classList.remove("door--scanning");
  startButton.hidden = false;
  if (document.activeElement === stopButton) startButton.focus();
  finder.hidden = stopButton.hidden = torchButton.hidden = true;
}

function fail(trouble) {
  stop();
  panel.querySelector(`[data-trouble="${trouble}"]`).hidden = false;
}

async function look(mine) {
  while (stream === mine) {
    const text = paused || document.hidden ? "" : await read(video).catch(() => "");
    if (text && stream === mine && !paused) seen(text);
    await new Promise((done) => setTimeout(done, READ_EVERY));
  }
}

function seen(text) {
  const now = performance.now();
  const still = text === last.text && now - last.at < OUT_OF_SIGHT;
  last = { text, at: now };
  if (still) return;
  paused = true;
  document.querySelector(".door").classList.remove("door--scanning");
  document.dispatchEvent(new CustomEvent("badge-read", { detail: text }));
}

// After a welcome the next badge may come by itself; any other answer is read, and left, by a person.
function later(pause) {
  clearTimeout(waiting);
  waiting = setTimeout(resume, pause);
}

function resume() {
  if (!stream) return;
  paused = false;
  last.at = performance.now();
  const door = document.querySelector(".door");
  door.className = "door door--scanning";
  door.dataset.result = "";
}

async function switchTorch() {
  const torch = torchButton.ariaPressed !== "true";
  await stream.getVideoTracks()[0].applyConstraints({ advanced: [{ torch }] }).catch(() => {});
  torchButton.ariaPressed = String(torch);
}

async function keepAwake() {
  if (stream && !document.hidden) lock = (await navigator.wakeLock?.request("screen").catch(() => null)) ?? null;
}

async function reader() {
  if (!(await globalThis.BarcodeDetector?.getSupportedFormats())?.includes("qr_code")) return ours();
  const detector = new BarcodeDetector({ formats: ["qr_code"] });
  return async (shown) => {
    try {
      return (await detector.detect(shown))[0]?.rawValue ?? "";
    } catch {
      read = await ours(); // some phones promise a reader that their system does not have
      return "";
    }
  };
}

async function ours() {
  const { prepareZXingModule, readBarcodes } = await import(finder.dataset.reader);
  await prepareZXingModule({ overrides: { locateFile: () => finder.dataset.wasm }, fireImmediately: true });
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  return async (shown) => {
    const scale = Math.min(1, WIDEST / shown.videoWidth);
    canvas.width = shown.videoWidth * scale;
    canvas.height = shown.videoHeight * scale;
    pen.drawImage(shown, 0, 0, canvas.width, canvas.height);
    const picture = pen.getImageData(0, 0, canvas.width, canvas.height);
    const [badge] = await readBarcodes(picture, { formats: ["QRCode"], maxNumberOfSymbols: 1 });
    return badge?.isValid ? badge.text : "";
  };
}
