// What lives on a page: clocks and ages that tick, figures that mark a change,
// and the watch over the stream. The stream itself is htmx's; this module only
// knows whether it speaks. The server sends "hb" each second, with its clock in
// epoch milliseconds, and with the moment in which the service last confirmed all
// that it had told, where it tells by itself; without one for that long every live figure is old.

const SILENT_AFTER = 2500; // with the second between two beats it is seen within three
const KICK_FIRST = 1500; // between tries of ours; growing, so that a slow link gets its time
const KICK_LAST = 3000;
const ASK_AGAIN = 30000; // after a renewal was put aside
const CHANGED_FOR = 1000;

const root = document.documentElement;
root.dataset.js = "";

let offset = Number(root.dataset.now || Date.now()) - Date.now(); // of the server's clock
let confirmedAt = 0; // by the server's clock; 0: the service is asked, and tells nothing by itself
let heardAt = 0; // by the browser's monotonic clock; 0: never
let kickedAt = 0;
let kickAfter = KICK_FIRST;
let beats = 0;
const startedAt = performance.now();
const stream = document.getElementById("stream");

/* Clocks and ages */

const two = (n) => String(n).padStart(2, "0");

const formats = {
  age(ms) {
    const s = Math.max(0, Math.floor(ms / 1000));
    if (s < 100) return `${s} s`;
    if (s < 6000) return `${Math.floor(s / 60)} min`;
    if (s < 172800) return `${Math.floor(s / 3600)} h`;
    return `${Math.floor(s / 86400)} d`;
  },
  counter(ms) {
    const s = Math.max(0, Math.floor(ms / 1000));
    if (s >= 86400) return `${Math.floor(s / 86400)} d ${two(Math.floor(s / 3600) % 24)}:${two(Math.floor(s / 60) % 60)}`;
    if (s >= 3600) return `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
    return `${Math.floor(s / 60)}:${two(s % 60)}`;
  },
  short(ms) {
    const s = Math.max(0, Math.floor(ms / 1000));
    return s >= 3600 ? formats.counter(ms) : `${two(Math.floor(s / 60))}:${two(s % 60)}`;
  },
  down: (ms) => formats.age(-ms),
};

function put(node, text) {
  if (node && node.textContent !== text) node.textContent = text;
}

function tick() {
  const now = Date.now() + offset;
  for (const node of document.querySelectorAll("time[data-t]")) {
    const format = formats[node.dataset.kind];
    const at = "told" in node.dataset ? Math.max(Number(node.dataset.t), confirmedAt) : Number(node.dataset.t);
    if (format) put(node, format(now - at));
  }
  const date = new Date(now);
  put(document.querySelector('[data-clock="utc"]'), date.toISOString().slice(11, 19));
  const local = document.querySelector('[data-clock="local"]');
  if (local) {
    const minutes = -date.getTimezoneOffset();
    local.closest(".clock").hidden = minutes === 0; // it would be the other clock again
    const sign = minutes < 0 ? "−" : "+";
    const rest = Math.abs(minutes) % 60 ? `:${two(Math.abs(minutes) % 60)}` : "";
    put(local, `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())} ${sign}${two(Math.floor(Math.abs(minutes) / 60))}${rest}`);
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
    put(document.querySelector('[data-clock="zone"]'), zone.split("/").pop().replaceAll("_", " "));
  }
}

/* Changed figures */

const shown = new WeakMap();

function mark(within, quietly) {
  for (const node of within.querySelectorAll("[data-v]")) {
    const text = node.textContent;
    const before = shown.get(node);
    shown.set(node, text);
    if (quietly || before === undefined || before === text) continue;
    node.classList.add("changed");
    setTimeout(() => node.classList.remove("changed"), CHANGED_FOR);
  }
}

/* The stream */

function beat() {
  beats++;
  document.querySelectorAll(".heart .heart-bar").forEach((bar, i, all) => {
    const distance = Math.min(Math.abs(i - (beats % all.length)), all.length);
    bar.classList.toggle("heart-on", distance === 0);
    bar.classList.toggle("heart-near", distance === 1);
  });
}

// The clock of this computer, against the server's. What arrives late makes it
// seem ahead, so that the least of a few differences counts.
const CLOCK_OFF = 2000;
const ahead = [];

function compareClocks(server) {
  ahead.push(Date.now() - server);
  if (ahead.length > 5) ahead.shift();
  const words = document.querySelector("[data-clock-off]");
  if (!words || ahead.length < 3) return;
  const by = Math.min(...ahead);
  const off = Math.abs(by) > CLOCK_OFF;
  if (off) put(words, (by > 0 ? words.dataset.ahead : words.dataset.behind).replace("{}", formats.age(Math.round(Math.abs(by) / 1000) * 1000)));
  words.parentElement.hidden = !off;
}

// The server draws for each page after how long it is to come back when the
// stream breaks, over a longer time the more look on, and tells it with a beat:
// htmx waits for that long, and must not cut it short. Somebody who comes back to
// a page that was out of sight does not wait for it.
function hide() {
  const config = stream._htmx?.sse?.config;
  if (config && document.hidden) Object.assign(config, htmx.config.sse);
}

function heard(event) {
  heardAt = performance.now();
  if (away) document.querySelector("#notices .problem")?.parentElement.replaceChildren();
  away = false;
  kickAfter = KICK_FIRST;
  const [server, confirmed] = String(event.detail?.data ?? "").split(" ").map(Number);
  if (server > 0) {
    offset = server - Date.now();
    compareClocks(server);
  }
  confirmedAt = confirmed || 0;
  const config = stream._htmx?.sse?.config;
  if (config) config.reconnectMaxDelay = Math.max(htmx.config.sse.reconnectMaxDelay, config.reconnectDelay);
  state("ok");
  beat();
}

function state(now) {
  if (root.dataset.link === now) return;
  root.dataset.link = now;
  const banner = document.getElementById("silent");
  if (banner) banner.hidden = now !== "stale";
}

// kick makes a stream that is dead or never was try again. htmx retries one that
// broke, but not a first connection that failed, and it cannot see silence.
function kick(now) {
  if (now - kickedAt < kickAfter || document.querySelector("dialog[data-modal][open]")) return;
  kickedAt = now;
  kickAfter = Math.min(kickAfter * 1.5, KICK_LAST);
  const connection = stream._htmx?.sse; // of hx-sse 4.0.1, vendored by hash
  if (!connection) {
    htmx.trigger(stream, "htmx:abort"); // a first connection that hangs
    htmx.trigger(stream, "kick");
  } else if (connection.reader) {
    connection.reader.cancel().catch(() => {});
  }
}

function watch() {
  if (!stream) return;
  const now = performance.now();
  const silence = now - (heardAt || startedAt);
  const age = document.querySelector("[data-link-age]");
  if (heardAt) put(age, `${(silence / 1000).toFixed(1)} s`);
  if (document.hidden || silence <= SILENT_AFTER) return;
  state("stale");
  const banner = document.querySelector("[data-silent]");
  if (banner) put(banner, banner.dataset.silent.replace("{}", formats.counter(silence)));
  kick(now);
}

// renew asks for a new sign-in over the page when the stream says that the old
// one has run out: it asks for the page itself, and the server answers with the
// dialog instead, or, where the sign-in is good again, with what is not swapped.
let ended = false;
let renewing = false;
let asideUntil = 0;

function renew() {
  const place = document.getElementById("dialogs");
  if (renewing || !place || place.querySelector("dialog") || performance.now() < asideUntil) return;
  renewing = true;
  htmx.ajax("GET", location.pathname + location.search, { target: "#dialogs", swap: "none" }).finally(() => { renewing = false; });
}

// elsewhere lets the server say, once, that the session has gone to another place
// in another tab: its figures grow old here, and nothing that is pressed is done.
const ASK_THERE = 5000; // between tries while it is there
let away = false;
let awayAt = 0;

function elsewhere() {
  awayAt = performance.now();
  if (away) return;
  away = true;
  htmx.ajax("GET", location.pathname + location.search, { target: "#notices", swap: "innerHTML" });
}

function refused(event) {
  const status = event.detail?.status ?? event.detail?.ctx?.response?.status;
  if (event.target !== stream) return;
  if (status === 409) elsewhere();
  if (status !== 401) return;
  ended = true;
  renew();
}

// rest keeps the stream from trying while the sign-in has run out, and from trying
// often while the session is elsewhere.
function rest(event) {
  const there = away && performance.now() - awayAt < ASK_THERE;
  if ((ended || there) && event.target === stream) event.preventDefault();
}

function show(dialog) {
  dialog.showModal();
  dialog.addEventListener("close", () => {
    asideUntil = performance.now() + ASK_AGAIN;
    ended = false;
    dialog.remove();
  });
}

// A list that has turned empty leads to the first flow: another page. One that
// came empty stays as it is.
const cameEmpty = document.querySelector("[data-reload]") !== null;

function swapped(event) {
  if (!cameEmpty && document.querySelector("[data-reload]")) {
    location.reload();
    return;
  }
  tick();
  mark(document);
  document.querySelectorAll("dialog[data-modal]:not([open])").forEach(show);
  const renewed = document.querySelector("#dialogs [data-renewed]");
  if (renewed) {
    document.getElementById("notices")?.replaceChildren(renewed);
    ended = false;
    kickedAt = 0;
  }
}

if (stream) {
  stream.addEventListener("hb", heard);
  document.addEventListener("visibilitychange", hide);
  document.addEventListener("htmx:sse:error", refused);
  document.addEventListener("htmx:sse:before:connection", rest);
  document.addEventListener("htmx:sse:after:connection", () => { kickedAt = performance.now(); });
  document.addEventListener("htmx:response:error", refused);
  setInterval(watch, 200);
}
document.addEventListener("htmx:after:swap", swapped);
mark(document, true);
tick();
setInterval(tick, 250);
