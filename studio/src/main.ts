// The studio: what is shown comes from the scene, what is asked goes to it; nothing is simulated here.

import { el, make } from "./dom.js";
import type { Frame } from "./frame.js";
import { Hands } from "./hands.js";
import { Headset } from "./headset.js";
import { type Ask, type Controls, type Geometry, get, Link, type Word } from "./link.js";
import { show } from "./picture.js";
import { Patients } from "./patients.js";
import { Plot } from "./plot.js";
import { Sound } from "./sound.js";
import { LAYERS, type Layer, Stage } from "./stage.js";
import { Takes } from "./takes.js";
import { Tour } from "./tour.js";

const EVENT_COUNT_MAX = 300;
const TRUTH: Layer[] = ["vein", "artery", "nerve", "bone"];

class Studio {
  private link = new Link();
  private hands = new Hands();
  private takes = new Takes();
  private tour = new Tour();
  private patients = new Patients();
  private sound = new Sound();
  private headset: Headset | null = null;
  private plot = new Plot(el("force", HTMLCanvasElement));
  private stage: Stage | null = null;
  private geometry: Geometry | null = null;
  private frame: Frame | null = null;
  private mine = false;
  private sending = false;
  private stale = false;
  private truthShown = false;
  private revealed = false;
  private opening = false;
  private cells: HTMLElement[] = [];
  private opacity = new Map<Layer, HTMLInputElement>();
  private last = performance.now();

  async start(): Promise<void> {
    try {
      this.stage = new Stage(el("stage", HTMLCanvasElement));
      this.stage.onPicture = () => this.picture();
      this.headset = new Headset(this.stage, this.hands);
      this.headset.onAct = (act) => {
        if (act === "run") this.toggleRun();
        else void (this.frame?.person ? this.command("robot") : this.takeOver());
      };
    } catch {
      el("no-webgl", HTMLDivElement).hidden = false;
      el("stage", HTMLCanvasElement).hidden = true;
    }
    this.buildLayers();
    this.buildNumbers(await this.loadScene());
    this.wire();
    this.link.onFrame = (frame) => this.receive(frame);
    this.link.onWord = (word) => this.hear(word);
    this.link.onState = (connected) => this.connected(connected);
    this.link.open();
    requestAnimationFrame(() => this.picture());
  }

  /** Ask for what does not change of the patient who lies there. */
  private async loadScene(): Promise<Geometry> {
    const geometry = await get<Geometry>("/api/scene");
    this.geometry = geometry;
    this.stage?.setGeometry(geometry);
    this.hands.setSkin(geometry.skin);
    el("who", HTMLParagraphElement).textContent = `${geometry.twin}, ${geometry.side} arm, seed ${geometry.seed}`;
    for (const layer of LAYERS) if (this.opacity.has(layer)) this.fade(layer);
    await this.takes.load();
    return geometry;
  }

  private buildLayers(): void {
    for (const layer of LAYERS) {
      const label = make("label", layer);
      const input = make("input");
      Object.assign(input, { type: "range", min: "0", max: "1", step: "0.05", value: TRUTH.includes(layer) ? "0" : "1" });
      input.setAttribute("aria-label", `Opacity of the layer ${layer}`);
      input.addEventListener("input", () => this.fade(layer));
      label.prepend(input);
      el("layers", HTMLFieldSetElement).append(label);
      this.opacity.set(layer, input);
      this.fade(layer);
    }
    const truth = make("button", "Show what only the twin knows");
    truth.id = "truth";
    truth.setAttribute("aria-pressed", "false");
    truth.addEventListener("click", () => this.reveal(!this.truthShown));
    el("layers", HTMLFieldSetElement).append(truth);
  }

  private fade(layer: Layer): void {
    this.stage?.fade(layer, Number(this.opacity.get(layer)!.value));
  }

  private reveal(truth: boolean): void {
    this.truthShown = truth;
    el("truth", HTMLButtonElement).setAttribute("aria-pressed", String(truth));
    for (const layer of TRUTH) this.opacity.get(layer)!.value = truth ? "1" : "0";
    this.opacity.get("skin")!.value = truth ? "0.35" : "1";
    for (const layer of LAYERS) this.fade(layer);
    for (const hidden of document.querySelectorAll<HTMLElement>(".truth")) hidden.hidden = !truth;
  }

  private buildNumbers(geometry: Geometry): void {
    const list = el("numbers", HTMLDListElement);
    for (const signal of geometry.signals) {
      const [name, value] = [make("dt", `${signal.label} [${signal.unit}]`), make("dd", "–")];
      if (signal.truth) for (const part of [name, value]) Object.assign(part, { className: "truth", hidden: true });
      list.append(name, value);
      this.cells.push(value);
    }
  }

  private wire(): void {
    const press = (id: string, ask: () => Ask) => el(id, HTMLButtonElement).addEventListener("click", () => void this.command(ask()));
    el("run", HTMLButtonElement).addEventListener("click", () => this.toggleRun());
    press("step", () => ({ step: { ticks: 100 } }));
    press("back", () => this.twoSecondsBack());
    press("restart", () => "restart");
    press("robot", () => "robot");
    press("finish", () => "finish");
    el("take", HTMLButtonElement).addEventListener("click", () => void this.takeOver());
    el("speed", HTMLSelectElement).addEventListener("change", () => {
      if (this.frame && !this.frame.paused) void this.command({ run: { speed: this.speed() } });
    });
    this.hands.onChange = () => this.send();
    this.patients.onOpen = (ask) => this.command(ask);
    const line = el("timeline", HTMLInputElement);
    line.addEventListener("change", () => void this.command({ rewind: { tick: Math.min(Number(line.value), this.frame?.tick ?? 0) } }));
    el("stage", HTMLCanvasElement).addEventListener("dblclick", (event) => {
      const at = this.stage?.pick(event);
      if (at && this.frame?.person) this.hands.point(at[0], at[2]);
    });
    addEventListener("keydown", (event) => this.key(event, true));
    addEventListener("keyup", (event) => this.key(event, false));
    // A window that loses the keyboard must not leave the needle running.
    addEventListener("blur", () => this.hands.drive(0));
  }

  private key(event: KeyboardEvent, down: boolean): void {
    const target = event.target as HTMLElement;
    const typing = target instanceof HTMLSelectElement || (target instanceof HTMLInputElement && event.key.startsWith("Arrow"));
    if (this.tour.isOpen || this.patients.isOpen || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const onButton = target instanceof HTMLButtonElement && !target.closest("dialog:not([open])") && (event.key === " " || event.key === "Enter");
    if (onButton) return;
    if (this.frame?.person && this.hands.key(event, down)) return event.preventDefault();
    if (!down || event.repeat) return;
    const ours: Record<string, () => void> = {
      " ": () => this.toggleRun(), t: () => void this.takeOver(), r: () => void this.command("robot"), f: () => void this.command("finish"),
      backspace: () => void this.command(this.twoSecondsBack()),
    };
    const act = ours[event.key.toLowerCase()];
    if (act) {
      event.preventDefault();
      act();
    }
  }

  private speed(): number {
    return Number(el("speed", HTMLSelectElement).value);
  }

  private twoSecondsBack(): Ask {
    return { rewind: { tick: Math.max(0, (this.frame?.tick ?? 0) - 2000) } };
  }

  private toggleRun(): void {
    void this.command(this.frame?.paused ? { run: { speed: this.speed() } } : "pause");
  }

  /** Ask for something that needs command of the scene, which is asked for first if need be. */
  private async command(ask: Ask): Promise<boolean> {
    try {
      if (!this.mine) {
        await this.link.ask("command");
        this.mine = true;
      }
      await this.link.ask(ask);
      return true;
    } catch (error) {
      this.say("refused", error instanceof Error ? error.message : String(error));
      return false;
    }
  }

  private async takeOver(): Promise<void> {
    if (this.frame?.person) return;
    const controls = await get<Controls>("/api/controls");
    this.hands.inherit({ ...controls, driver_velocity_m_s: 0 });
    await this.command({ take: this.hands.controls() });
  }

  /** Send the hands' controls: one message on its way at a time, the newest wins. */
  private send(): void {
    if (!this.frame?.person) return;
    if (this.sending) {
      this.stale = true;
      return;
    }
    this.sending = true;
    void this.command({ take: this.hands.controls() }).finally(() => {
      this.sending = false;
      if (this.stale) {
        this.stale = false;
        this.send();
      }
    });
  }

  private connected(connected: boolean): void {
    this.mine = false;
    if (!connected) el("phase", HTMLParagraphElement).textContent = "no connection to the program: trying again…";
  }

  private receive(frame: Frame): void {
    const before = this.frame;
    this.frame = frame;
    const line = el("timeline", HTMLInputElement);
    if (frame.tick > Number(line.max)) line.max = String(frame.tick);
    for (const picture of frame.pictures) {
      show(el(picture.kind === 0 ? "nir" : "ultrasound", HTMLCanvasElement), picture);
      const note = el(picture.kind === 0 ? "nir-note" : "ultrasound-note", HTMLSpanElement);
      note.textContent = `${(picture.width * picture.pixel[0] * 1e3).toFixed(0)} × ${(picture.height * picture.pixel[1] * 1e3).toFixed(0)} mm`;
    }
    const [time, force, , way] = frame.signals;
    if (Number.isFinite(time)) this.plot.add(time!, force!, way! * 1e3);
    if (frame.finished && !this.revealed) {
      this.revealed = true;
      this.reveal(true);
    }
    if (!before || before.phase !== frame.phase || before.paused !== frame.paused || before.person !== frame.person || before.finished !== frame.finished || before.retreat !== frame.retreat)
      this.showState(frame);
  }

  private showState(frame: Frame): void {
    const phase = (this.geometry?.phases[frame.phase] ?? "").replaceAll("_", " ");
    el("phase", HTMLParagraphElement).textContent = frame.finished ? `${phase}: the procedure is over` : frame.paused ? `${phase} (clock stopped)` : phase;
    el("run", HTMLButtonElement).textContent = frame.paused ? "Start" : "Pause";
    el("run", HTMLButtonElement).disabled = frame.finished;
    el("take", HTMLButtonElement).disabled = frame.person || frame.finished;
    el("robot", HTMLButtonElement).disabled = !frame.person;
    el("finish", HTMLButtonElement).disabled = !frame.person;
    el("controls", HTMLFieldSetElement).disabled = !frame.person;
    const who = frame.person ? (this.mine ? "You command the needle" : "A person commands the needle") : frame.retreat ? "The robot takes back: needle out, pressure on the hole" : "The robot commands";
    el("commander", HTMLParagraphElement).textContent = who;
  }

  private hear(word: Word): void {
    if (word.type === "event") this.say(word.kind, word.text, word.tick, word.truth);
    else if (word.type === "take") {
      // A take of the patient before belongs to his own list.
      if (!this.opening) this.takes.add(word.take);
    } else if (word.type === "opened") void this.opened();
    else if (word.type === "rewound") {
      this.plot.rewind(word.tick / 1e3);
      this.revealed = false;
      for (const entry of document.querySelectorAll<HTMLElement>("#events li")) if (Number(entry.dataset["tick"]) > word.tick) entry.remove();
    }
  }

  private async opened(): Promise<void> {
    this.opening = true;
    this.plot.rewind(0);
    this.revealed = false;
    this.reveal(false);
    el("events", HTMLOListElement).replaceChildren();
    el("timeline", HTMLInputElement).max = "1";
    await this.loadScene();
    this.opening = false;
  }

  private say(kind: string, text: string, tick = this.frame?.tick ?? 0, truth = false): void {
    const list = el("events", HTMLOListElement);
    const entry = make("li", `${(tick / 1e3).toFixed(1)} s  ${kind.replaceAll("_", " ")}: ${text}`, `${kind}${truth ? " truth" : ""}`);
    entry.dataset["tick"] = String(tick);
    entry.hidden = truth && !this.truthShown;
    list.prepend(entry);
    while (list.childElementCount > EVENT_COUNT_MAX) list.lastElementChild?.remove();
  }

  private picture(): void {
    const now = performance.now();
    const frame = this.frame;
    if (frame) {
      if (frame.person && this.mine) this.hands.gamepad((now - this.last) / 1e3);
      this.stage?.showLine(frame.person && this.hands.controls().needle ? this.hands.entry() : null, this.hands.direction());
      this.sound.follow(frame.signals[1] ?? 0, frame.paused);
      this.headset?.picture(frame, (this.geometry?.phases[frame.phase] ?? "").replaceAll("_", " "), now);
      this.stage?.draw(frame, frame.signals[1] ?? NaN);
      this.plot.draw();
      const line = el("timeline", HTMLInputElement);
      if (document.activeElement !== line) line.value = String(frame.tick);
      el("time", HTMLOutputElement).textContent = `${(frame.tick / 1e3).toFixed(1)} s`;
      this.geometry?.signals.forEach((signal, i) => {
        const value = (frame.signals[i] ?? NaN) * signal.factor;
        this.cells[i]!.textContent = Number.isFinite(value) ? value.toFixed(Math.abs(value) < 10 ? 2 : 0) : "–";
      });
    }
    this.last = now;
    // A headset asks for its pictures itself.
    if (!this.headset?.immersed) requestAnimationFrame(() => this.picture());
  }

  /** What the tests ask. */
  inspect(): unknown {
    const worst = (list: number[], part: number) => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * part))] ?? 0;
    return {
      tick: this.frame?.tick, phase: this.geometry?.phases[this.frame?.phase ?? 0], person: this.frame?.person, paused: this.frame?.paused, finished: this.frame?.finished, blood: this.frame?.blood,
      signals: Array.from(this.frame?.signals ?? []), webgl: this.stage !== null, immersed: this.headset?.immersed ?? false, controls: this.hands.controls(), scriptMs95: worst(this.stage?.frameTimes ?? [], 0.95), frames: this.stage?.frameTimes.length ?? 0, tripMs95: worst(this.link.trips, 0.95), trips: this.link.trips.length,
    };
  }
}

const studio = new Studio();
Object.assign(window, { studio });
studio.start().catch((error: unknown) => {
  el("phase", HTMLParagraphElement).textContent = error instanceof Error ? error.message : String(error);
});
