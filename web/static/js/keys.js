// The keyboard: / j k Enter s x a p ?, off while typing. A letter never does what
// cannot be taken back: s presses Start, x only asks, p only opens.

const typing = (node) => node?.closest?.('input:not([type="radio"]), textarea, select, [contenteditable]');

function rows() {
  return [...document.querySelectorAll("tr[data-row]")].filter((row) => row.offsetParent !== null);
}

function current() {
  return document.activeElement?.closest?.("[data-row]") ?? null;
}

function move(step) {
  const all = rows();
  if (all.length === 0) return;
  const at = all.indexOf(current());
  const next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step))];
  next.tabIndex = -1;
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

function press(letter) {
  const within = current() ?? document.getElementById("flow-command");
  within?.querySelector(`[data-key="${letter}"]`)?.click();
}

// ack presses Acknowledge: of the row that has the focus, else of the line.
function ack() {
  const button = current()?.querySelector('[data-key="a"]') ?? document.querySelector('#alarm-line [data-key="a"]');
  button?.click();
}

// protect opens the protection of the row's flow, or of the page's; it does nothing itself.
function protect() {
  const name = document.getElementById("flow-strip") ? location : current()?.querySelector("a.name");
  if (name) location.assign(`${name.pathname}/protect`);
}

const acts = {
  "/": () => { const field = document.getElementById("search"); field?.focus(); field?.select(); },
  j: () => move(1),
  k: () => move(-1),
  s: () => press("s"),
  x: () => press("x"),
  a: ack,
  p: protect,
  "?": () => document.getElementById("keys")?.showModal(),
};

function key(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Escape" && event.target.id === "search") {
    event.target.blur();
    return;
  }
  if (typing(event.target) || document.querySelector("dialog[open]")) return;
  if (event.key === "Enter" && event.target.matches?.("tr[data-row]")) {
    event.target.querySelector("a.name")?.click();
    return;
  }
  const act = acts[event.key];
  if (!act) return;
  event.preventDefault();
  if (event.repeat && event.key !== "j" && event.key !== "k") return;
  act();
}

// A menu closes by Escape and by a press beside it.
function closeMenus(event) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (event.type === "keydown" ? event.key === "Escape" : !menu.contains(event.target)) menu.open = false;
  }
}

document.addEventListener("keydown", key);
document.addEventListener("keydown", closeMenus);
document.addEventListener("click", closeMenus);
