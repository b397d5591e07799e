// Alarms as a browser tells them: the number in the title, a sound, a
// notification, a sentence for those who hear the page. What there is stands in
// the alarm line, which the stream keeps up to date; sound and notifications are
// off until somebody switches them on in this browser. A page in the background
// lets the stream of its parts go; one that has to sound or to notify follows the
// alarms alone meanwhile.

const REPEAT = 10000; // milliseconds between two tones while a high alarm waits
const SETTLE = 800; // milliseconds in which a line that has just changed takes no press
const KEPT = "flowdeck.bell"; // {sounds: {high, medium, low}, notify}
const TONES = { // notes in hertz, and how long each is in seconds
  high: { notes: [880, 660, 880, 660], each: 0.16 },
  medium: { notes: [660, 660], each: 0.14 },
  low: { notes: [520], each: 0.14 },
};
const ORDER = ["high", "medium", "low"];

/* What this browser wants */

function kept() {
  try {
    const read = JSON.parse(localStorage.getItem(KEPT));
    return { sounds: { ...read?.sounds }, notify: read?.notify === true };
  } catch {
    return { sounds: {}, notify: false };
  }
}

let wants = kept();

function keep() {
  try {
    localStorage.setItem(KEPT, JSON.stringify(wants));
  } catch {
    // a browser that keeps nothing has it until the page is closed
  }
}

/* The line */

function line() {
  return document.getElementById("alarm-line");
}

let behind = null; // the line as a page in the background was told it

function news() {
  return [...((behind ?? line())?.querySelectorAll("[data-news]") ?? [])].map((node) => ({
    id: node.dataset.news, priority: node.dataset.priority, lasts: "lasts" in node.dataset, text: node.textContent,
  }));
}

const told = document.title;
const named = document.querySelector("[data-title]")?.textContent;

// What a page is about may be renamed while it is open: its heading says so.
function titled() {
  const name = document.querySelector("[data-title]")?.textContent;
  return named && name ? told.replace(named, () => name) : told;
}

function count() {
  const title = titled();
  const n = Number((behind ?? line())?.dataset.unacked) || 0;
  const now = n > 0 ? `(${n}) ${title}` : title;
  if (document.title !== now) document.title = now;
}

/* Sound: two or more notes, made here; no file is loaded */

let sound = null; // made by a press: a browser lets none through before

function ready() {
  sound ??= window.AudioContext ? new AudioContext() : null;
  if (sound?.state === "suspended") sound.resume().catch(() => {});
  return sound !== null && sound.state !== "closed";
}

function play(priority) {
  const tone = TONES[priority];
  if (!tone || !ready()) return;
  let at = sound.currentTime + 0.02;
  for (const hertz of tone.notes) {
    const note = sound.createOscillator();
    const level = sound.createGain();
    note.type = "triangle";
    note.frequency.value = hertz;
    level.gain.setValueAtTime(0, at);
    level.gain.linearRampToValueAtTime(0.25, at + 0.01);
    level.gain.setValueAtTime(0.25, at + tone.each - 0.03);
    level.gain.linearRampToValueAtTime(0, at + tone.each);
    note.connect(level).connect(sound.destination);
    note.start(at);
    note.stop(at + tone.each);
    at += tone.each + 0.04;
  }
}

const wanted = (all) => ORDER.find((p) => wants.sounds[p] && all.some((a) => a.lasts && a.priority === p));

let soundedAt = performance.now() - REPEAT + 3000; // a page that was just opened waits a moment

function ring(priority) {
  if (!priority) return;
  soundedAt = performance.now();
  play(priority);
}

// A high alarm that lasts and that nobody has acknowledged sounds again and again.
function repeat() {
  if (performance.now() - soundedAt < REPEAT || !wants.sounds.high) return;
  if (news().some((a) => a.lasts && a.priority === "high")) ring("high");
}

/* Notifications: only while the page is hidden, one for each alarm */

function notify(alarm) {
  if (!wants.notify || !document.hidden || window.Notification?.permission !== "granted") return;
  try {
    const shown = new Notification("Flowdeck", { body: alarm.text, tag: `flowdeck-${alarm.id}` });
    shown.addEventListener("click", () => { window.focus(); shown.close(); });
  } catch {
    // a phone wants a service worker for it: there is none
  }
}

/* What is new */

const known = new Set(news().map((a) => a.id)); // a page that is opened does not shout what it shows
let shownAlarm = line()?.dataset.alarm;
let changedAt = 0;

function look() {
  const all = news();
  const fresh = all.filter((a) => !known.has(a.id));
  for (const a of all) known.add(a.id);
  count();
  if (line()?.dataset.alarm !== shownAlarm) {
    shownAlarm = line()?.dataset.alarm;
    changedAt = performance.now();
  }
  if (fresh.length === 0) return;
  const said = document.getElementById("alarm-said");
  if (said) said.textContent = fresh.map((a) => a.text).join(". ");
  fresh.forEach(notify);
  ring(wanted(fresh));
}

/* In the background: one page of this browser for all, where it can be told */

let follows = null; // ends it

function background() {
  const needed = document.hidden && (wants.notify || ORDER.some((p) => wants.sounds[p]));
  if (!needed) {
    follows?.abort();
    follows = behind = null;
    return;
  }
  if (follows) return;
  follows = new AbortController();
  const { signal } = follows;
  const follow = () => new Promise((end) => {
    if (signal.aborted) {
      end();
      return;
    }
    const source = new EventSource("/live?view=shell");
    source.addEventListener("message", (event) => {
      behind = new DOMParser().parseFromString(event.data, "text/html").getElementById("alarm-line") ?? behind;
      look();
    });
    signal.addEventListener("abort", () => { source.close(); end(); });
  });
  if (navigator.locks) navigator.locks.request(KEPT, { signal }, follow).catch(() => {});
  else follow();
}

/* Acknowledging: what changed under the finger is not what was meant, and the
   focus goes back to the row */

let row = null;

function press(event) {
  const button = event.target.closest?.("[data-ack]");
  if (!button) return;
  if (line()?.contains(button) && performance.now() - changedAt < SETTLE) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  row = button.closest("[data-row]")?.id || null;
}

function settled() {
  look();
  dress();
  const forms = document.getElementById("alarm-forms");
  if (!row || (document.activeElement && document.activeElement !== document.body)) return;
  const back = document.getElementById(row);
  if (!back || forms?.firstElementChild) return;
  back.tabIndex = -1;
  back.focus({ preventScroll: true });
  row = null;
}

// The forms about an alarm open above the rows; closed, the focus is on the row.
function opens(event) {
  const link = event.target.closest?.('a[hx-get^="/alarms/"]');
  if (link) row = link.closest("[data-row]")?.id || row;
}

/* The settings */

function dress() {
  const place = document.querySelector("[data-bell]");
  if (!place || "dressed" in place.dataset) return;
  place.dataset.dressed = "";
  for (const box of place.querySelectorAll("[data-bell-sound]")) {
    box.checked = wants.sounds[box.dataset.bellSound] === true;
    box.addEventListener("change", () => {
      wants.sounds[box.dataset.bellSound] = box.checked;
      keep();
      if (box.checked) play(box.dataset.bellSound);
    });
  }
  for (const button of place.querySelectorAll("[data-bell-test]")) {
    button.addEventListener("click", () => play(button.dataset.bellTest));
  }
  const box = place.querySelector("[data-bell-notify]");
  box.checked = wants.notify && window.Notification?.permission === "granted";
  box.addEventListener("change", () => ask(place, box));
}

async function ask(place, box) {
  const why = place.querySelector("[data-bell-why]");
  why.textContent = "";
  wants.notify = false;
  if (box.checked && !window.Notification) {
    why.textContent = place.dataset.missing;
  } else if (box.checked) {
    wants.notify = (await Notification.requestPermission()) === "granted";
    if (!wants.notify) why.textContent = place.dataset.denied;
  }
  box.checked = wants.notify;
  keep();
}

if (line()) {
  document.addEventListener("click", press, true);
  document.addEventListener("click", opens, true);
  document.addEventListener("htmx:after:swap", settled);
  window.addEventListener("storage", (event) => { if (event.key === KEPT) wants = kept(); });
  // a browser lets a page sound only after a press on it
  document.addEventListener("pointerdown", () => { if (ORDER.some((p) => wants.sounds[p])) ready(); });
  document.addEventListener("keydown", () => { if (ORDER.some((p) => wants.sounds[p])) ready(); });
  document.addEventListener("visibilitychange", background);
  setInterval(repeat, 1000);
  count();
  dress();
}
