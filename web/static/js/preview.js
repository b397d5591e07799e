// The preview of a display: the wall, small, which the server draws anew every few
// seconds. Between two drawings it counts on; where none comes it greys, and shows
// nothing in the end, as a screen does.

import { age, tick } from "./board.js";

const GREY_AFTER = 5000; // more than one drawing was missed
const LOOK_EVERY = 250;

const frame = document.querySelector("[data-preview]");
let drawn = ""; // the server's clock at the last drawing
let drawnAt = 0; // when it came, by the browser's monotonic clock
let offset = 0; // of the server's clock

function look() {
  const now = document.getElementById("display-preview").dataset.now;
  if (now !== drawn) {
    drawn = now;
    drawnAt = performance.now();
    offset = Number(now) - Date.now();
  }
  const silence = performance.now() - drawnAt;
  tick(frame, Date.now() + offset);
  age(frame, silence, silence > GREY_AFTER || document.documentElement.dataset.link === "stale");
}

if (frame) {
  look();
  setInterval(look, LOOK_EVERY);
}
