// Offers the fields of the search, and the words that they take, while one is typed. Down goes into the list, Enter or a
// tap takes what is offered, Esc closes it; whoever does not look at it types on.

const field = document.getElementById("q");
const list = document.getElementById("sugerencias");
const status = document.getElementById("sugerencias-anuncio");
const known = JSON.parse(field?.dataset.sugerencias ?? "[]");

function wordAtCaret() {
  const before = field.value.slice(0, field.selectionStart);
  return before.slice(before.lastIndexOf(" ") + 1).toLowerCase();
}

function offersFor(word) {
  const [name, value] = word.split(/:(.*)/s);
  if (value === undefined) {
    if (!name) return [];
    return known.filter((one) => one.campo.startsWith(name)).map((one) => [`${one.campo}:`, one.que]);
  }
  const last = value.slice(value.lastIndexOf(",") + 1);
  const done = word.slice(0, word.length - last.length);
  const values = known.find((one) => one.campo === name)?.valores ?? [];
  return values.filter(([one]) => one.startsWith(last) && one !== last).map(([one, what]) => [done + one, what]);
}

function show() {
  const offers = offersFor(wordAtCaret());
  list.replaceChildren(...offers.map(toItem));
  list.hidden = offers.length === 0;
  status.textContent = offers.length ? `${offers.length} sugerencias; flecha abajo para elegir` : "";
}

function toItem([text, what]) {
  const button = document.createElement("button");
  button.type = "button";
  const code = document.createElement("code");
  const words = document.createElement("span");
  code.textContent = text;
  words.textContent = what;
  button.append(code, words);
  button.addEventListener("click", () => take(text));
  const item = document.createElement("li");
  item.append(button);
  return item;
}

function take(text) {
  const start = field.selectionStart - wordAtCaret().length;
  const end = field.selectionStart;
  const whole = text.endsWith(":") ? text : `${text} `;
  field.setRangeText(whole, start, end, "end");
  field.focus();
  show();
}

function close() {
  list.hidden = true;
  status.textContent = "";
}

function move(step) {
  const buttons = [...list.querySelectorAll("button")];
  const next = buttons.indexOf(document.activeElement) + step;
  if (next < 0) field.focus();
  else buttons[Math.min(next, buttons.length - 1)].focus();
}

function onKey(event) {
  if (list.hidden) return;
  const steps = { ArrowDown: 1, ArrowUp: -1 };
  if (event.key in steps) {
    event.preventDefault();
    move(steps[event.key]);
  } else if (event.key === "Escape") {
    event.preventDefault(); // the browser would empty the field
    field.focus();
    close();
  }
}

if (field && list) {
  field.addEventListener("input", show);
  field.form.addEventListener("keydown", onKey);
  list.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus
  field.form.addEventListener("focusout", (event) => field.form.contains(event.relatedTarget) || close());
}
