// Commands while there is no way to the service: each button stays where it is,
// off, with the reason on it, and comes back by itself. The server draws the
// buttons of a live page so; this is for all others, and for the page's own
// silence, of which no server can tell. And the count of lines that came to the
// trail since its page was shown.

const root = document.documentElement;
const offset = Number(root.dataset.now || Date.now()) - Date.now(); // of the server's clock
const COMMANDS = "[data-command]";
const LATE = 10 * 60 * 1000; // from when the end of a sign-in is told in amber
const SOON = 60 * 60 * 1000; // from when it is told

// reason is why no command can be given now: a word, and where it stands in full.
function reason() {
  if (root.dataset.link === "stale") {
    return { word: document.querySelector("#silent [data-off-word]")?.dataset.offWord, full: "why-silent" };
  }
  const down = document.querySelector("#link-state [data-off]");
  return down ? { word: down.dataset.offWord, full: "why-off" } : null;
}

function hold(button, why) {
  if (button.dataset.held === why.full) return;
  release(button);
  button.dataset.held = why.full;
  button.setAttribute("aria-disabled", "true");
  button.setAttribute("aria-describedby", why.full);
  const word = document.createElement("small");
  word.className = "off-why";
  word.textContent = why.word;
  button.append(word);
}

function release(button) {
  if (!("held" in button.dataset)) return;
  delete button.dataset.held;
  button.removeAttribute("aria-disabled");
  button.removeAttribute("aria-describedby");
  button.querySelector(":scope > .off-why")?.remove();
}

function holdAll() {
  const why = reason();
  for (const button of document.querySelectorAll(COMMANDS)) {
    if (why) hold(button, why);
    else release(button);
  }
}

// A button that is off does nothing, however it is pressed.
function press(event) {
  const button = event.target.closest?.("[data-held], [data-off]");
  if (!button || button.closest("#link-state")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

/* A command that was just given: what the stream told while its question stood
   had no place on the page, so the page asks once more what became of it. */

const ASK_AFTER = [1200, 5000];

function given(event) {
  if (event.detail?.ctx?.request?.method !== "POST") return;
  for (const wait of ASK_AFTER) setTimeout(askAgain, wait);
}

function askAgain() {
  const command = document.getElementById("flow-command");
  if (command?.querySelector(":scope > .by")) {
    htmx.ajax("GET", `${location.pathname}/command`, { target: command, swap: "outerMorph" });
  }
  for (const row of document.querySelectorAll("tr.row-starting, tr.row-stopping")) {
    const path = row.querySelector("a.name")?.getAttribute("href");
    if (path) htmx.ajax("GET", `${path}/row`, { target: row, swap: "outerMorph" });
  }
}

/* The trail */

function countNews() {
  const link = document.querySelector("#activity-news a");
  const page = document.querySelector("[data-newest]");
  if (!link || !page) return;
  const newest = Number(page.dataset.newest);
  const seqs = link.parentElement.dataset.seqs.split(" ").filter(Boolean).map(Number);
  const n = seqs.filter((seq) => seq > newest).length;
  link.hidden = n === 0;
  if (n > 0) link.textContent = n === 1 ? link.dataset.one : link.dataset.many.replace("{}", n < seqs.length ? String(n) : `${n}+`);
}

/* The end of the sign-in */

function countDown() {
  const chip = document.getElementById("ends");
  const at = chip?.querySelector("time[data-t]");
  if (!at) return;
  const left = Number(at.dataset.t) - Date.now() - offset;
  chip.hidden = left > SOON;
  chip.classList.toggle("ends-late", left <= LATE);
}

// A renewed sign-in has another end.
function renewed() {
  const told = document.querySelector("[data-renewed][data-ends]");
  const at = document.querySelector("#ends time[data-t]");
  if (told && at) at.dataset.t = told.dataset.ends;
}

function swapped() {
  holdAll();
  countNews();
  renewed();
  countDown();
}

document.addEventListener("click", press, true);
document.addEventListener("htmx:after:swap", swapped);
document.addEventListener("htmx:after:swap", given);
new MutationObserver(holdAll).observe(root, { attributes: true, attributeFilter: ["data-link"] });
setInterval(countDown, 5000);
swapped();
