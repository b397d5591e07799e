// What lives on a wall, for months without a hand near it: the stream, the clocks,
// and the watch over both. It trusts nothing that it has not heard within seconds:
// after three it greys all figures, after ten it takes them away.
//
// The stream is that of every page: "hb" each second with the server's clock in
// epoch milliseconds, and messages of <hx-partial hx-target="#id">, each with the
// new element of that id; the first message after connecting holds them all.
// Nothing is kept of a message but what stands on the page then, and every listener
// and timer is made once.

import { age, tick } from "./board.js";

const GREY_AFTER = 2500; // without a beat; with the second between two it is seen within three
const DEAD_AFTER = 6000; // a connection that says nothing for so long is given up
const RETRY_SOON = 1000; // the longest pause before the first try of another connection,
const RETRY_MOST = [4000, 8000, 15000]; // and before the next ones; the shortest is a second
const ASK_AGAIN = 30000; // of a display that is not in use, at most,
const ASK_SPREAD = 10000; // or up to so much sooner
const RELOAD_WITHIN = 5000; // all screens of a house do not load themselves at once
const RELOAD_AGAIN = 60000; // where the page was another version's from the start: two servers answer in turns
const JUST_LOADED = 10000;
const SHIFT_EVERY = 180000;
const SHIFTS = [[0, 0], [6, 3], [2, 7], [-4, 6], [-8, 1], [-5, -5], [1, -8], [7, -4]]; // px

const root = document.documentElement;
const board = document.querySelector('[data-wall="board"]');
const later = (most) => Math.random() * most;

let offset = Number(root.dataset.now) - Date.now(); // of the server's clock
let heardAt = performance.now(); // the last beat, by the browser's monotonic clock

const count = () => tick(root, Date.now() + offset);

/* The stream */

let stream = null;
let tries = 0; // since the last beat
let saidAt = 0; // when this connection last said anything
let beats = 0;
let reloading = false;

function connect() {
  stream = new EventSource(`/wall/live${location.search}`);
  stream.addEventListener("hb", beat);
  stream.addEventListener("message", change);
  stream.addEventListener("dark", lost); // it is over, and the next try is told why
  stream.addEventListener("error", lost);
  saidAt = performance.now();
}

function beat(event) {
  const server = Number(event.data.split(" ")[0]);
  if (server > 0) offset = server - Date.now();
  tries = 0;
  saidAt = performance.now();
  if (!document.querySelector(".tile-gone")) heard();
  step();
}

// step moves the heartbeat on: it proves that the page lives.
function step() {
  beats++;
  document.querySelectorAll(".heart-bar").forEach((bar, i, all) => {
    const distance = Math.abs(i - (beats % all.length));
    bar.classList.toggle("heart-on", distance === 0);
    bar.classList.toggle("heart-near", distance === 1);
  });
}

// change puts each part in the place of the element with its id.
function change(event) {
  saidAt = performance.now();
  const frame = document.createElement("template");
  frame.innerHTML = event.data;
  for (const part of frame.content.querySelectorAll("hx-partial")) {
    const old = document.querySelector(part.getAttribute("hx-target"));
    const element = part.firstElementChild;
    if (!old || !element || element.id !== old.id) continue;
    keepPicture(old, element);
    old.replaceWith(element);
  }
  heard();
  count();
  const version = document.getElementById("wall-head").dataset.version;
  if (version !== board.dataset.version) reload();
}

// keepPicture shows the picture that is there until the next has come.
function keepPicture(old, element) {
  const [was, next] = [old, element].map((node) => node.querySelector(".tile-still img"));
  if (!was || !next) return;
  const address = next.getAttribute("src");
  next.replaceWith(was);
  if (was.getAttribute("src") !== address) was.setAttribute("src", address);
}

// heard ends the greyness. What was taken away comes back with a message: the
// first of a connection holds all parts.
function heard() {
  heardAt = performance.now();
  age(root, 0, false);
}

// lost ends a connection and plans the next: soon at first, then at a random
// moment of a longer and longer time, so that a house of screens does not come at
// once. A stream does not tell why it was refused; the page does.
async function lost() {
  if (!stream) return;
  const refused = stream.readyState === EventSource.CLOSED;
  stream.close();
  stream = null;
  const dark = refused && await notInUse();
  if (dark) {
    goDark(dark);
    return;
  }
  const most = RETRY_MOST[Math.min(tries - 1, RETRY_MOST.length - 1)];
  setTimeout(connect, tries === 0 ? later(RETRY_SOON) : RETRY_SOON + later(most - RETRY_SOON));
  tries++;
}

// notInUse gives the page of a display that is not in use, if that is what the
// server answers.
async function notInUse() {
  const page = await ask(location.href);
  if (!page || page.status !== 404) return null;
  const text = await page.text().catch(() => "");
  return new DOMParser().parseFromString(text, "text/html").querySelector('[data-wall="dark"]');
}

// ask fetches a page of the server; nothing where it does not answer.
function ask(path) {
  return fetch(path, { cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(5000) }).catch(() => null);
}

/* What is old, gone, or over */

function watch() {
  const now = performance.now();
  const silence = now - heardAt;
  if (silence > GREY_AFTER) age(root, silence, true);
  if (stream && now - saidAt > DEAD_AFTER) lost();
}

// reload loads the page anew for another version of the program or the display,
// once the server is ready and has the page: a wall must not end on an error.
async function reload() {
  if (reloading) return;
  reloading = true;
  if (performance.now() < JUST_LOADED) await pause(RELOAD_AGAIN);
  do await pause(later(RELOAD_WITHIN));
  while (!(await ask("/readyz"))?.ok || !(await ask(location.href))?.ok);
  location.reload();
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// goDark shows the page of a display that is not in use instead of the board.
function goDark(page) {
  alive.forEach(clearInterval);
  root.dataset.theme = "dark";
  document.body.replaceChildren(page);
  wait();
}

// wait asks for ever whether the display is in use, and loads the page only where
// the server answers that it is: a page that loaded itself blindly would end, and
// stay, on the browser's own error when the server is down. An answer that leads on
// is the link of a display, which is in use then.
async function wait() {
  const first = Number(document.querySelector('[data-wall="dark"]').dataset.ask) * 1000;
  for (let most = first; ; most = ASK_AGAIN) {
    await pause(most - later(Math.min(most / 2, ASK_SPREAD)));
    const page = await ask(location.href);
    if (page?.ok || page?.type === "opaqueredirect") location.replace(location.href);
  }
}

/* The picture moves a little, so that none of it burns in. */

let shifts = 0;

function shift() {
  shifts = (shifts + 1) % SHIFTS.length;
  const [x, y] = SHIFTS[shifts];
  document.querySelector(".wall-screen").style.translate = `${x}px ${y}px`;
}

let alive = []; // what runs again and again
if (board) {
  connect();
  count();
  alive = [setInterval(watch, 100), setInterval(count, 250), setInterval(shift, SHIFT_EVERY)];
} else {
  wait();
}
