// The placeholders of a mail's words as buttons: a click writes one where the cursor last was. Without this script
// the same list is there to be copied.
const form = document.getElementById("mots");
let last = form.elements.opening;

for (const name of ["title", "opening", "closing"]) {
  form.elements[name].addEventListener("focus", (event) => { last = event.target; });
}

for (const code of document.querySelectorAll("code[data-insert]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = code.dataset.insert;
  button.addEventListener("click", () => {
    last.setRangeText(code.dataset.insert, last.selectionStart, last.selectionEnd, "end");
    last.focus();
  });
  code.replaceWith(button);
}

const frame = document.querySelector("iframe[name='apercu']");
form.addEventListener("submit", (event) => {
  if (event.submitter?.formTarget === "apercu") frame.scrollIntoView({ block: "nearest" });
});

// Enter in the address of a trial sends the trial, not the words.
form.elements.recipient.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  form.requestSubmit(form.querySelector("[formaction$='/essai']"));
});
