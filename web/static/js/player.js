// The player of a channel: plays a package by the vendored library, and tells which
// rendition is shown and how far behind the encoder it is. What is not there yet is
// asked for again and again.

const AGAIN_AFTER = 3000; // the first segments of a channel take as long
const LOOK_EVERY = 500;

const root = document.querySelector("[data-player]");

function part(name) {
  return root.querySelector(`[data-player-${name}]`);
}

function show(name, text) {
  const place = part(name);
  if (place.textContent !== text) {
    place.textContent = text;
  }
}

function clock(seconds) {
  const whole = Math.floor(seconds);
  const two = (n) => String(n).padStart(2, "0");
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

class Player {
  constructor() {
    this.video = root.querySelector("video");
    this.hls = null;
    this.again = 0;
    this.mended = false;
  }

  play() {
    this.end();
    show("told", root.dataset.starting);
    const address = new URL(part("package").value, location.href).href;
    if (window.Hls && window.Hls.isSupported()) {
      this.load(address);
    } else if (this.video.canPlayType("application/vnd.apple.mpegurl")) {
      this.video.src = address;
      this.begin();
    } else {
      show("told", root.dataset.unable);
    }
  }

  load(address) {
    const { Events } = window.Hls;
    this.hls = new window.Hls({ enableWorker: false, backBufferLength: 30 });
    this.hls.on(Events.MANIFEST_PARSED, () => this.begin());
    this.hls.on(Events.FRAG_BUFFERED, () => show("told", ""));
    this.hls.on(Events.ERROR, (_, error) => this.failed(error));
    this.hls.loadSource(address);
    this.hls.attachMedia(this.video);
  }

  begin() {
    // A browser may want another press before it plays; its own button is there.
    this.video.play().catch(() => {});
  }

  failed(error) {
    if (!error.fatal) {
      return;
    }
    if (error.type === window.Hls.ErrorTypes.MEDIA_ERROR && !this.mended) {
      this.mended = true;
      this.hls.recoverMediaError();
      return;
    }
    const status = error.response ? error.response.code : 0;
    const words = { 403: root.dataset.refused, 404: root.dataset.gone };
    show("told", words[status] || `${root.dataset.failed}: ${error.details}`);
    this.hls.destroy();
    this.hls = null;
    if (status !== 401 && status !== 403) {
      this.again = setTimeout(() => this.play(), AGAIN_AFTER);
    }
  }

  end() {
    clearTimeout(this.again);
    this.mended = false;
    if (this.hls) {
      this.hls.destroy();
      this.hls = null;
    }
  }

  look() {
    const plays = this.hls && this.video.readyState > 1;
    show("rendition", plays ? this.rendition() : "--");
    show("latency", plays && this.hls.latency > 0 ? `${this.hls.latency.toFixed(1)} s` : "--");
    show("buffered", plays ? `${this.buffered().toFixed(1)} s` : "--");
    show("clock", this.video.readyState > 1 ? clock(this.video.currentTime) : "--");
  }

  rendition() {
    const level = this.hls.levels[this.hls.currentLevel];
    const height = (level && level.height) || this.video.videoHeight;
    const rate = level && level.bitrate > 0 ? ` ${(level.bitrate / 1e6).toFixed(2)} Mb/s` : "";
    return (height ? `${height}p` : "") + rate || "--";
  }

  buffered() {
    const { buffered, currentTime } = this.video;
    for (let i = 0; i < buffered.length; i++) {
      if (buffered.start(i) <= currentTime && currentTime <= buffered.end(i)) {
        return buffered.end(i) - currentTime;
      }
    }
    return 0;
  }
}

if (root) {
  const player = new Player();
  part("play").addEventListener("click", () => player.play());
  part("package").addEventListener("change", () => player.play());
  addEventListener("pagehide", () => player.end());
  setInterval(() => player.look(), LOOK_EVERY);
}
