// The guard: what interrupts something asks first, the question withdraws itself,
// and a press that was not meant as an answer is none.

const SETTLE = 800; // milliseconds in which a second press is a bounce

const armedAt = new WeakMap(); // since when a question stands
let lastPlace = ""; // of the row that has to get the focus back

function arm(guard) {
  if (armedAt.has(guard)) return;
  armedAt.set(guard, performance.now());
  const row = guard.closest("[id]");
  lastPlace = row?.id ?? "";
  const cancel = guard.querySelector("[data-cancel]");
  cancel?.focus({ preventScroll: true });
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
    if (left <= 0) {
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
    if (guard) withdraw(guard);
    return;
  }
  if (event.key !== "Enter" && event.key !== " ") return;
  if (event.repeat && target.closest?.("[data-guarded], [data-arm], [data-cancel], [data-twice], [data-key]")) {
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

document.addEventListener("click", press, true);
document.addEventListener("submit", twice, true);
document.addEventListener("keydown", key, true);
document.addEventListener("htmx:after:swap", settled);
document.querySelectorAll("[data-armed]").forEach(arm);
