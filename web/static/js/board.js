// What counts on a board by itself, on a screen and in a preview: ages, clocks, the
// flash of what waits for somebody; and what is left of it when nothing is heard.
// What stands around a board keeps in data-phase and data-link how it does.

const GONE_AFTER = 10000; // from then on no figure is shown at all

const two = (n) => String(n).padStart(2, "0");

// brief is a duration in five characters; the server writes it alike.
function brief(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s >= 360000) return `${Math.floor(s / 86400)} d`;
  if (s >= 3600) return `${Math.floor(s / 3600)}h${two(Math.floor(s / 60) % 60)}`;
  return `${two(Math.floor(s / 60))}:${two(s % 60)}`;
}

function put(node, text) {
  if (node && node.textContent !== text) node.textContent = text;
}

let zone = null; // the formats of the time zone that was written last

function formatsOf(name) {
  if (zone?.name === name) return zone;
  const format = (options) => new Intl.DateTimeFormat("en-GB", { timeZone: name, ...options });
  zone = { name };
  try {
    zone.time = format({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
    zone.offset = format({ timeZoneName: "shortOffset" });
  } catch {
    zone.time = null; // the browser does not know it
  }
  return zone;
}

function zoneClock(around, date) {
  const label = around.querySelector("[data-zone]");
  if (!label) return;
  const { name, time, offset } = formatsOf(label.dataset.zone);
  label.closest(".wall-clock-more").hidden = !time;
  if (!time) return;
  put(around.querySelector('[data-clock="zone"]'), time.format(date));
  const from = offset.formatToParts(date).find((part) => part.type === "timeZoneName").value;
  const hours = from.replace(/^GMT/, "").replace(/^([+-])(\d)(?!\d)/, "$10$2").replace("-", "−") || "+00";
  put(label, `${name.split("/").pop().replaceAll("_", " ")} ${hours}`);
}

// tick counts on to a moment of the server's clock.
export function tick(around, now) {
  for (const node of around.querySelectorAll(".wall time[data-t]")) put(node, brief(now - Number(node.dataset.t)));
  const date = new Date(now);
  put(around.querySelector('.wall [data-clock="utc"]'), date.toISOString().slice(11, 19));
  zoneClock(around, date);
  around.dataset.phase = now % 1000 < 500 ? "on" : "off"; // one flash a second, of all that flashes
}

// age greys what was not heard of for so long, and takes it away in the end.
export function age(around, silence, grey) {
  const line = around.querySelector(".wall-silent");
  around.dataset.link = grey ? "stale" : "ok";
  if (grey) {
    const words = line.querySelector("[data-contact]");
    put(words, words.dataset.contact.replace("{}", brief(silence)));
  }
  line.hidden = !grey;
  if (silence > GONE_AFTER) around.querySelectorAll(".tile:not(.tile-gone, .tile-none)").forEach((tile) => takeAway(around, tile));
}

// takeAway leaves a tile its name, and that nothing is known of it.
function takeAway(around, tile) {
  const standby = tile.classList.contains("tile-standby");
  tile.className = "tile tile-stale tile-gone";
  const mark = around.querySelector("[data-stale-mark]").content.firstElementChild.cloneNode(true);
  tile.querySelector(".tile-state > .mark").replaceWith(mark);
  put(tile.querySelector(".tile-word"), around.querySelector(".wall").dataset.stale);
  tile.querySelectorAll(".tile-age, .slots, .trace, .tile-cause, .tile-said, .umd-words, .umd-owner").forEach((node) => node.remove());
  if (!standby) tile.querySelectorAll("[data-v]").forEach((node) => put(node, "--"));
}
