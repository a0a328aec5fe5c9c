// Keeps the page fed: by the server's event stream, by asking every 5 s while that does not work, not at all while hidden.

const POLL = 5_000;
const SILENCE = 12_000; // the stream says something at least every 5 s
const RECONNECT = 15_000; // after the browser itself has given up on the stream

const WORDS = {
  vivo: "En vivo",
  sondeo: "Consulta cada 5 s",
  perdido: "Sin señal del monitor",
  pausa: "En pausa",
  conectando: "Conectando",
};

export class Live {
  constructor(stream, stats, apply, show) {
    Object.assign(this, { stream, stats, apply, show: (mode) => show(mode, WORDS[mode]) });
    this.source = null;
    this.timers = [];
  }

  start() {
    this.pause();
    this.show("conectando");
    this.connect();
    this.timers = [setInterval(() => this.poll(), POLL), setInterval(() => this.watch(), 1_000)];
  }

  pause() {
    this.timers.forEach(clearInterval);
    this.source?.close();
    this.show("pausa");
  }

  refresh() {
    return this.ask().catch(() => {}); // the beacon says already what does not work
  }

  connect() {
    this.source?.close();
    this.startedAt = performance.now();
    this.heardAt = -Infinity;
    this.source = new EventSource(this.stream);
    for (const kind of ["panel", "latido"]) this.source.addEventListener(kind, (event) => this.hear(event));
    this.source.addEventListener("error", () => {
      this.heardAt = -Infinity;
      this.poll();
    });
  }

  hear(event) {
    this.heardAt = performance.now();
    this.show("vivo");
    if (event.data) this.apply(JSON.parse(event.data));
  }

  // A stream that broke silently looks like one that has nothing to say: the server never says nothing for so long.
  watch() {
    const quiet = performance.now() - Math.max(this.heardAt, this.startedAt);
    const given = this.source.readyState === EventSource.CLOSED;
    if (quiet > (given ? RECONNECT : SILENCE)) this.connect();
  }

  async poll() {
    if (this.heard()) return;
    const mode = await this.ask().then(() => "sondeo", () => "perdido");
    if (!this.heard()) this.show(mode);
  }

  async ask() {
    const response = await fetch(this.stats, { signal: AbortSignal.timeout(POLL - 500) });
    if (response.status === 401) location.reload(); // the session is over: the server leads to the login
    if (!response.ok) throw new Error(response.statusText);
    this.apply((await response.json()).fragmentos);
  }

  heard() {
    return performance.now() - this.heardAt < POLL + 1_000;
  }
}
