/* Suggestions for the organisation field: an ARIA combobox with a listbox. Without this script it stays a text field. */

const WAIT = 120; // milliseconds after the last key before asking

class Combobox {
  constructor(field) {
    this.field = field;
    this.input = field.querySelector("input[name=organisation_name]");
    this.kind = field.querySelector("input[name=organisation_kind]");
    this.code = field.querySelector("input[name=organisation_code]");
    this.country = field.closest("form").elements.organisation_country;
    this.items = [];
    this.current = -1;
    this.asked = 0;
    this.build();
    this.listen();
  }

  build() {
    this.list = document.createElement("ul");
    Object.assign(this.list, { id: "organisation_list", className: "suggestions", hidden: true });
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", this.field.dataset.label);
    this.status = document.createElement("p");
    this.status.className = "visually-hidden";
    this.status.setAttribute("role", "status");
    this.input.after(this.list, this.status);
    const attributes = { role: "combobox", "aria-expanded": "false", "aria-controls": this.list.id, "aria-autocomplete": "list" };
    for (const [name, value] of Object.entries(attributes)) this.input.setAttribute(name, value);
  }

  listen() {
    // Off only while one types: browsers do not bring back on Back what stands in a field that is off.
    const filled = this.input.autocomplete;
    this.input.addEventListener("focus", () => { this.input.autocomplete = "off"; });
    for (const [on, name] of [[this.input, "blur"], [this.input.form, "submit"]]) on.addEventListener(name, () => { this.input.autocomplete = filled; });
    this.input.addEventListener("input", () => {
      this.kind.value = this.code.value = "";
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.ask(), WAIT);
    });
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => this.close());
    // Pressing a suggestion must not take the focus away from the field first.
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.take(Number(option.dataset.index));
    });
    this.country.addEventListener("change", () => { this.kind.value = this.code.value = ""; });
  }

  async ask() {
    const typed = this.input.value.trim();
    const turn = ++this.asked;
    if (!typed) return this.close();
    const query = new URLSearchParams({ q: typed, country: this.country.value });
    const answer = await fetch(`${this.field.dataset.suggestions}?${query}`).catch(() => null);
    if (turn !== this.asked || !answer?.ok) return;
    this.items = (await answer.json()).items;
    if (turn === this.asked && document.activeElement === this.input) this.show(typed);
  }

  show(typed) {
    this.list.replaceChildren(...this.items.map((item, index) => this.option(item, index, typed)));
    this.list.hidden = this.items.length === 0;
    this.input.setAttribute("aria-expanded", String(!this.list.hidden));
    this.mark(-1);
    const { none, some } = this.field.dataset;
    if (this.country.value === "FR") this.status.textContent = this.items.length ? some.replace("{n}", this.items.length) : none;
  }

  option(item, index, typed) {
    const option = document.createElement("li");
    Object.assign(option, { id: `organisation-${index}` });
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    option.dataset.index = index;
    const label = document.createElement("small");
    label.textContent = item.label;
    option.append(marked(item.name, typed), " ", label);
    return option;
  }

  key(event) {
    if (event.key === "Escape") return this.close();
    if (this.list.hidden) {
      if (event.key === "ArrowDown") this.ask();
      return;
    }
    const count = this.items.length;
    if (event.key === "ArrowDown") this.mark((this.current + 1) % count);
    else if (event.key === "ArrowUp") this.mark((this.current - 1 + count) % count);
    else if (event.key === "Enter" && this.current >= 0) this.take(this.current);
    else return;
    event.preventDefault();
  }

  mark(index) {
    this.current = index;
    [...this.list.children].forEach((option, number) => option.setAttribute("aria-selected", String(number === index)));
    const option = this.list.children[index];
    if (option) {
      this.input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else this.input.removeAttribute("aria-activedescendant");
  }

  take(index) {
    const item = this.items[index];
    this.input.value = item.name;
    this.kind.value = item.kind;
    this.code.value = item.code;
    this.status.textContent = `${item.name}, ${item.label}`;
    this.asked++;
    this.close();
  }

  close() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.mark(-1);
  }
}

/* The name with what was typed marked, where it stands in it letter by letter. */
function marked(name, typed) {
  const whole = document.createElement("span");
  const bare = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").replaceAll("’", "'").toLowerCase();
  const at = bare(name).indexOf(bare(typed));
  if (at < 0 || bare(name).length !== name.length) {
    whole.textContent = name;
    return whole;
  }
  const mark = document.createElement("mark");
  mark.textContent = name.slice(at, at + typed.length);
  whole.append(name.slice(0, at), mark, name.slice(at + typed.length));
  return whole;
}

for (const field of document.querySelectorAll("[data-suggestions]")) new Combobox(field);
