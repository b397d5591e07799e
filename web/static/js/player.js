// The player of a channel: plays a package by the vendored library, live or a span
// of what was recorded; tells what it plays and how far behind; and says why nothing
// plays. What may come yet is asked for again and again.

const LOOK_EVERY = 500;
const AGAIN_AFTER = 3000; // the first segments of a channel take as long
const STILL_AFTER = 12000; // a picture that stands so long is begun anew
const UNKNOWN = "--";

// What asking again does not change.
const FINAL = ["session", "codec", "unable", "span", "past"];

const root = document.querySelector("[data-player]");

function part(name) {
  return root.querySelector(`[data-player-${name}]`);
}

function show(name, text) {
  const place = part(name);
  if (place.textContent !== text) place.textContent = text;
}

// explain says why nothing plays; "": it does.
function explain(why) {
  for (const one of root.querySelectorAll("[data-player-why]")) one.hidden = one.dataset.playerWhy !== why;
}

function label(button, on) {
  const words = on ? button.dataset.wordsOn : button.dataset.wordsOff;
  if (button.textContent !== words) button.textContent = words;
}

function utc(date) {
  return `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

// reason gives why the library gave up.
function reason(error, past) {
  const { ErrorDetails: details, ErrorTypes: types } = window.Hls;
  const led = error.networkDetails?.responseURL; // to where one signs in
  if (led && !led.includes("/play/")) return "session";
  if (error.type === types.NETWORK_ERROR) {
    const status = error.response?.code ?? 0;
    if (past && (status === 404 || status === 400)) return "past";
    return { 401: "session", 403: "refused", 404: "gone", 410: "off" }[status] ?? "away";
  }
  const undecodable = [details.MANIFEST_INCOMPATIBLE_CODECS_ERROR, details.BUFFER_ADD_CODEC_ERROR, details.BUFFER_INCOMPATIBLE_CODECS_ERROR];
  return undecodable.includes(error.details) ? "codec" : "failed";
}

class Player {
  constructor() {
    this.video = root.querySelector("video");
    this.hls = null;
    this.again = 0; // timer
    this.mended = false; // once already, since it began
    this.span = null; // [begin, end] in ms; null: live
    this.chosen = ""; // rendition; "": by itself
    this.read = 0; // when the manifest was, by the browser's monotonic clock
    this.moved = { to: 0, at: 0 }; // where the picture was last seen to move to
  }

  get wanted() {
    return this.hls !== null || this.again !== 0;
  }

  address() {
    const option = part("package").selectedOptions[0];
    const url = new URL(option.value, location.href);
    if (this.span) {
      const { begin, end, units } = option.dataset;
      url.searchParams.set(begin, Math.floor((this.span[0] / 1000) * units));
      url.searchParams.set(end, Math.floor((this.span[1] / 1000) * units));
    }
    return url.href;
  }

  play(why = "starting") {
    this.end();
    explain(why);
    if (!window.Hls?.isSupported()) {
      explain("unable");
      return;
    }
    const { Events } = window.Hls;
    this.moved = { to: 0, at: performance.now() };
    this.hls = new window.Hls({ enableWorker: false, backBufferLength: 30 });
    this.hls.on(Events.MANIFEST_PARSED, () => this.begin());
    this.hls.on(Events.LEVEL_LOADED, () => { this.read = performance.now(); });
    this.hls.on(Events.FRAG_BUFFERED, () => explain(""));
    this.hls.on(Events.ERROR, (_, error) => this.failed(error));
    this.hls.loadSource(this.address());
    this.hls.attachMedia(this.video);
  }

  begin() {
    const list = part("rendition");
    const levels = this.hls.levels.map((level, i) => ({ i, name: this.name(level), rate: level.bitrate }));
    levels.sort((a, b) => b.rate - a.rate);
    list.replaceChildren(list.options[0], ...levels.map(({ i, name }) => new Option(name, i)));
    const same = levels.find(({ name }) => name === this.chosen);
    list.value = same ? same.i : "-1";
    this.choose();
    this.video.play().catch(() => {}); // a browser may want another press: the button is there
  }

  // choose plays the rendition that is chosen from the next segment on.
  choose() {
    const list = part("rendition");
    const i = Number(list.value);
    this.chosen = i < 0 ? "" : list.selectedOptions[0].text;
    if (this.hls) this.hls.nextLevel = i;
  }

  name(level, height = level.height) {
    const size = height ? `${height}p` : part("rendition").dataset.sound;
    return level.bitrate > 0 ? `${size} · ${(level.bitrate / 1e6).toFixed(2)} Mb/s` : size;
  }

  failed(error) {
    if (!error.fatal) return;
    if (error.type === window.Hls.ErrorTypes.MEDIA_ERROR && !this.mended) {
      this.mended = true;
      this.hls.recoverMediaError();
      return;
    }
    const why = reason(error, this.span);
    this.end();
    explain(why);
    if (!FINAL.includes(why)) this.again = setTimeout(() => this.play(why), AGAIN_AFTER);
  }

  end() {
    clearTimeout(this.again);
    this.again = 0;
    this.mended = false;
    this.hls?.destroy();
    this.hls = null;
  }

  // press plays what stands, and the other way round.
  press() {
    if (!this.wanted) this.play();
    else if (!this.hls) this.end();
    else if (this.video.paused) this.video.play().catch(() => {});
    else this.video.pause();
  }

  live() {
    const at = this.span ? null : this.hls?.liveSyncPosition;
    this.leave();
    if (at == null) {
      this.play();
      return;
    }
    this.video.currentTime = at;
    this.video.play().catch(() => {});
  }

  past(from, to) {
    this.span = [from, to];
    part("back").hidden = false;
    this.play();
  }

  // leave forgets the span that was played.
  leave() {
    this.span = null;
    part("back")?.toggleAttribute("hidden", true);
  }

  mute() {
    this.video.muted = !this.video.muted;
  }

  louder(by) {
    this.video.volume = Math.min(1, Math.max(0, this.video.volume + by));
    this.video.muted = false;
  }

  full() {
    if (document.fullscreenElement) document.exitFullscreen();
    else part("frame").requestFullscreen?.().catch(() => {});
  }

  look() {
    const { video, hls } = this;
    const plays = hls !== null && video.readyState > 1;
    const level = plays ? hls.levels[hls.currentLevel] : null;
    const latency = plays && !this.span && hls.latency > 0;
    const picture = plays ? hls.playingDate : null;
    show("plays", level ? this.name(level, level.height || video.videoHeight) : UNKNOWN); // of what was recorded no size is told
    show("latency", latency ? `${hls.latency.toFixed(1)} s` : UNKNOWN);
    show("age", latency ? part("age").dataset.words.replace("{age}", `${((performance.now() - this.read) / 1000).toFixed(0)} s`) : "");
    show("buffered", plays ? `${this.buffered().toFixed(1)} s` : UNKNOWN);
    show("picture", picture ? utc(picture) : UNKNOWN);
    label(part("play"), this.again !== 0 || (hls !== null && !video.paused));
    label(part("mute"), video.muted);
    part("volume").value = video.muted ? 0 : video.volume * 100;
    this.watch();
  }

  // watch begins anew what stands still although it should not.
  watch() {
    const now = performance.now();
    if (!this.hls || this.video.paused || this.video.ended || this.video.currentTime !== this.moved.to) {
      this.moved = { to: this.video.currentTime, at: now };
    } else if (now - this.moved.at > STILL_AFTER) {
      this.play("still");
    }
  }

  buffered() {
    const { buffered, currentTime } = this.video;
    for (let i = 0; i < buffered.length; i++) {
      if (buffered.start(i) <= currentTime && currentTime <= buffered.end(i)) return buffered.end(i) - currentTime;
    }
    return 0;
  }
}

// The keys, while the player has the focus.
function keys(player, event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select")) return;
  const acts = {
    " ": () => player.press(), m: () => player.mute(), l: () => player.live(), f: () => player.full(),
    ArrowUp: () => player.louder(0.1), ArrowDown: () => player.louder(-0.1),
  };
  const act = acts[event.key];
  if (!act || (event.key === " " && event.target.matches("button"))) return;
  event.preventDefault();
  event.stopPropagation();
  if (!event.repeat || event.key.startsWith("Arrow")) act();
}

// What was recorded: times are typed in the browser's zone, and told in UTC.
function offerPast(player) {
  const form = part("past");
  const field = (name) => form.querySelector(`[data-player-moment="${name}"]`);
  const typed = (name) => new Date(field(name).value);
  const tell = (name) => {
    const at = typed(name);
    form.querySelector(`[data-player-utc="${name}"]`).textContent = Number.isNaN(at.getTime()) ? "" : utc(at);
  };
  const fill = (name, at) => {
    field(name).value = new Date(at - at.getTimezoneOffset() * 60000).toISOString().slice(0, 19);
    tell(name);
  };
  const { since, until } = form.dataset;
  if (until) {
    const end = new Date(until);
    fill("to", end);
    fill("from", new Date(Math.max(new Date(since), end - 5 * 60000)));
  }
  show("zone", `(${Intl.DateTimeFormat().resolvedOptions().timeZone})`);
  form.addEventListener("input", (event) => tell(event.target.dataset.playerMoment));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const [from, to] = [typed("from").getTime(), typed("to").getTime()];
    if (from < to) player.past(from, to); // not where one of them is no time
    else explain("span");
  });
  part("back").addEventListener("click", () => player.live());
  const offered = () => { form.hidden = !part("package").selectedOptions[0].dataset.begin; };
  part("package").addEventListener("change", offered);
  offered();
}

if (root) {
  const player = new Player();
  player.video.muted = true; // or a browser would not begin by itself
  part("play").addEventListener("click", () => player.press());
  part("live").addEventListener("click", () => player.live());
  part("mute").addEventListener("click", () => player.mute());
  part("full").addEventListener("click", () => player.full());
  part("volume").addEventListener("input", (event) => {
    player.video.volume = event.target.value / 100;
    player.video.muted = false;
  });
  part("rendition").addEventListener("change", () => player.choose());
  part("package").addEventListener("change", () => {
    player.leave();
    player.play();
  });
  root.addEventListener("keydown", (event) => keys(player, event));
  addEventListener("pagehide", () => player.end());
  if (part("past")) offerPast(player);
  part("play").disabled = false;
  setInterval(() => player.look(), LOOK_EVERY);
}
