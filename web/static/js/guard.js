// The guard: what interrupts something asks first, the question withdraws itself,
// and a press that was not meant as an answer is none.

import { placed } from "./place.js";

const SETTLE = 800; // milliseconds in which a second press is a bounce

const armedAt = new WeakMap(); // since when a question stands
let lastPlace = ""; // of the row that has to get the focus back

function arm(guard) {
  if (armedAt.has(guard)) return;
  armedAt.set(guard, performance.now());
  const row = guard.closest("[id]");
  lastPlace = row?.id ?? "";
  const cancel = guard.querySelector("[data-cancel]");
  (guard.querySelector('[name="reason"]') ?? cancel)?.focus({ preventScroll: true });
  const seconds = Number(guard.dataset.armed) || 5;
  count(guard, seconds);
}

function count(guard, seconds) {
  const since = armedAt.get(guard);
  const words = guard.querySelector("[data-countdown]");
  const bar = guard.querySelector("progress");
  const step = () => {
    if (!guard.isConnected) return;
    const left = seconds - (performance.now() - since) / 1000;
    if (left <= 0 && !guard.contains(hold?.button)) {
      withdraw(guard);
      return;
    }
    if (words) words.textContent = words.dataset.countdown.replace("{}", String(Math.ceil(left)));
    if (bar) bar.value = left;
    setTimeout(step, 100);
  };
  step();
}

function withdraw(guard) {
  guard.querySelector("[data-cancel]")?.click();
}

function young(guard) {
  return performance.now() - (armedAt.get(guard) ?? 0) < SETTLE;
}

// A press within the settling time, or a key that repeats, is no answer.
function press(event) {
  const button = event.target.closest?.("[data-guarded]");
  if (!button) return;
  const guard = button.closest("[data-armed]");
  if (guard && young(guard)) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}

function key(event) {
  const target = event.target;
  if (event.key === "Escape") {
    const guard = document.querySelector("[data-armed]");
    if (guard && !hold) withdraw(guard);
    return;
  }
  if (event.key !== "Enter" && event.key !== " ") return;
  // Enter in a field presses the button of its form
  const presses = event.key === "Enter" && target.localName === "input" && target.form?.querySelector("[data-guarded], [data-twice]");
  if (event.repeat && (presses || target.closest?.("[data-guarded], [data-arm], [data-cancel], [data-twice], [data-key]"))) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  // links that act as buttons take the space bar too
  if (event.key === " " && target.matches?.('a[role="button"]')) {
    event.preventDefault();
    target.click();
  }
}

// Holding: a press begins it, letting go ends it, three seconds submit. The
// server counts them too: the press fetches a ticket that is good only after
// them, so that what is sent too early is refused there.
const HOLD = 3000;
const still = matchMedia("(prefers-reduced-motion: reduce)");
let hold = null; // the button that is held, since when, and its ticket

const said = (button) => button.form?.querySelector("[data-hold-said]");
const say = (button, words) => { const place = said(button); if (place) place.textContent = words; };

async function begin(button) {
  const form = button.form;
  const reason = form?.elements.reason;
  if (hold || !form) return;
  if (reason && !reason.value.trim()) {
    reason.setCustomValidity("");
    reason.value = "";
    reason.reportValidity();
    reason.focus();
    return;
  }
  const mine = hold = { button, since: 0 };
  button.classList.add("held");
  say(button, button.dataset.asking);
  try {
    const { verb, subject, state } = button.dataset;
    const answer = await fetch(button.dataset.hold, { method: "POST", headers: placed(), body: new URLSearchParams({ verb, subject, state }) });
    if (!answer.ok) throw new Error(String(answer.status));
    mine.ticket = await answer.text();
  } catch {
    if (hold === mine) release(true); // the server tells why
    return;
  }
  if (hold !== mine) return;
  mine.since = performance.now();
  fill();
}

// fill draws how long it was held, and submits when it was long enough.
function fill() {
  if (!hold) return;
  const { button, since } = hold;
  if (!button.isConnected) {
    hold = null;
    return;
  }
  const held = Math.min(HOLD, performance.now() - since);
  const share = still.matches ? Math.floor(held / 1000) / (HOLD / 1000) : held / HOLD;
  button.querySelector(".ring-fill")?.setAttribute("stroke-dashoffset", String(100 - 100 * share));
  const label = button.querySelector("[data-hold-label]");
  button.dataset.words ??= label?.textContent ?? "";
  if (label) label.textContent = `${(held / 1000).toFixed(1)} s`;
  if (held >= HOLD) release(true);
  else requestAnimationFrame(fill);
}

// release ends the holding: with what it was for, or with nothing done.
function release(done) {
  const { button, ticket } = hold;
  hold = null;
  button.classList.remove("held");
  button.querySelector(".ring-fill")?.setAttribute("stroke-dashoffset", done ? "0" : "110");
  const label = button.querySelector("[data-hold-label]");
  if (label && "words" in button.dataset) label.textContent = button.dataset.words;
  say(button, done ? "" : button.dataset.let);
  if (!done || !button.form) return;
  const field = document.createElement("input");
  Object.assign(field, { type: "hidden", name: "held", value: ticket ?? "" });
  button.form.querySelector('input[name="held"]')?.remove();
  button.form.append(field);
  button.disabled = true; // until the answer takes its place
  button.form.requestSubmit();
}

function letGo() {
  if (hold) release(false);
}

const held = (event) => event.target.closest?.("[data-hold]");

function pressDown(event) {
  const button = held(event);
  if (!button || event.button !== 0) return;
  event.preventDefault(); // no selection, no menu of a long touch
  button.focus({ preventScroll: true });
  button.setPointerCapture(event.pointerId);
  begin(button);
}

function keyDown(event) {
  const button = held(event);
  if (event.key === "Escape" && hold) return letGo();
  if (button && (event.key === " " || event.key === "Enter")) {
    event.preventDefault();
    if (!event.repeat) begin(button);
  } else if (event.key === "Enter" && event.target.name === "reason") {
    // after the reason comes the button, and nothing is sent
    const next = event.target.form?.querySelector("[data-hold]");
    if (!next) return;
    event.preventDefault();
    next.focus();
  }
}

// A press without a pointer or a key, as a screen reader makes it, cannot be
// held: it leads to where the name is typed.
function pressOnce(event) {
  const button = held(event);
  if (!button || event.detail !== 0 || hold) return;
  const name = button.form?.elements.typed;
  if (name) name.focus();
  else if (button.dataset.page) location.assign(button.dataset.page);
}

document.addEventListener("pointerdown", pressDown);
for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) document.addEventListener(end, letGo);
document.addEventListener("keydown", keyDown);
document.addEventListener("keyup", (event) => { if (event.key === " " || event.key === "Enter") letGo(); });
document.addEventListener("contextmenu", (event) => { if (held(event)) event.preventDefault(); });
document.addEventListener("click", pressOnce);
window.addEventListener("blur", letGo);
document.addEventListener("visibilitychange", letGo);

// A form that interrupts something saves at the second press. Whatever changes
// in between is a new question; being told the same again is not.
const ASKED_FOR = 5000; // milliseconds in which the second press counts
let asked = { what: null, at: 0 };

function twice(event) {
  const button = event.submitter ?? event.target.querySelector?.("[data-twice]");
  if (!button?.matches?.("[data-twice]")) return;
  const age = performance.now() - asked.at;
  const again = asked.what === button.dataset.twice && age < ASKED_FOR;
  if (again && age >= SETTLE) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (again) return;
  asked = { what: button.dataset.twice, at: performance.now() };
  askOnceMore();
  setTimeout(askOnceMore, ASKED_FOR);
}

// askOnceMore puts the question on the button, or takes it away. The page may
// have written the button anew.
function askOnceMore() {
  const button = document.querySelector("[data-twice]");
  if (!button) return;
  const stands = asked.what === button.dataset.twice && performance.now() - asked.at < ASKED_FOR;
  if (stands && !("words" in button.dataset)) {
    button.dataset.words = button.textContent;
    button.textContent = button.closest("form")?.dataset.sayOnceMore ?? button.textContent;
  } else if (!stands && "words" in button.dataset) {
    button.textContent = button.dataset.words;
    delete button.dataset.words;
  }
}

// After an answer the focus is on the row, never on the button that took the
// place of the pressed one.
function settled() {
  askOnceMore();
  document.querySelectorAll("[data-armed]").forEach(arm);
  if (!lastPlace || document.getElementById(lastPlace)) return;
  const id = lastPlace.replace(/^armed-/, "");
  lastPlace = "";
  const row = document.getElementById(`flow-${id}`) ?? document.getElementById(`output-${id}`) ?? document.getElementById("flow-command");
  if (row && (document.activeElement === document.body || row.contains(document.activeElement))) {
    row.tabIndex = -1;
    row.focus({ preventScroll: true });
  }
}

// What others have written stands in islands that htmx leaves alone. Its stream
// extension does not look for them; so nothing within one asks for anything.
function island(event) {
  if (event.target.closest?.("[hx-ignore]")) event.preventDefault();
}

document.addEventListener("htmx:config:request", island);
document.addEventListener("click", press, true);
document.addEventListener("submit", twice, true);
document.addEventListener("keydown", key, true);
document.addEventListener("htmx:after:swap", settled);
document.querySelectorAll("[data-armed]").forEach(arm);
