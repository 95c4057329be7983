// A person's hands: keyboard, mouse, touch and gamepad become one set of controls.

import { el, make } from "./dom.js";
import type { Controls, Geometry } from "./link.js";

interface Knob { key: keyof Hand; label: string; unit: string; factor: number; min: number; max: number; step: number }
interface Hand {
  x_m: number; z_m: number; angle_rad: number; heading_rad: number; speed_m_s: number;
  probe_x_m: number; probe_z_m: number; probe_yaw_rad: number; probe_force_n: number; cuff_pa: number;
}
interface Switches { needle: boolean; probe: boolean; cuff: boolean; nir: boolean; ultrasound: boolean; tube: boolean; pad: boolean }

const DEG = 180 / Math.PI;
const MMHG = 1 / 133.322387415;
const STANDOFF_M = 0.012;
const WITHDRAW_M_S = 0.05;
const KNOBS: Knob[] = [
  { key: "x_m", label: "Entry across", unit: "mm", factor: 1e3, min: -40, max: 40, step: 0.5 },
  { key: "z_m", label: "Entry along the arm", unit: "mm", factor: 1e3, min: -80, max: 20, step: 0.5 },
  { key: "angle_rad", label: "Angle to the level", unit: "°", factor: DEG, min: 5, max: 60, step: 1 },
  { key: "heading_rad", label: "Heading across", unit: "°", factor: DEG, min: -60, max: 60, step: 1 },
  { key: "speed_m_s", label: "Speed of the needle", unit: "mm/s", factor: 1e3, min: 0.5, max: 20, step: 0.5 },
  { key: "probe_x_m", label: "Probe across", unit: "mm", factor: 1e3, min: -40, max: 40, step: 0.5 },
  { key: "probe_z_m", label: "Probe along the arm", unit: "mm", factor: 1e3, min: -80, max: 30, step: 0.5 },
  { key: "probe_yaw_rad", label: "Probe's turn", unit: "°", factor: DEG, min: -90, max: 180, step: 5 },
  { key: "probe_force_n", label: "Probe's force", unit: "N", factor: 1, min: 0.2, max: 6, step: 0.1 },
  { key: "cuff_pa", label: "Cuff when on", unit: "mmHg", factor: MMHG, min: 20, max: 120, step: 5 },
];
const SWITCHES: [keyof Switches, string, string][] = [
  ["needle", "Needle on its line", "L"], ["probe", "Probe on the skin", "P"], ["cuff", "Cuff", "C"], ["nir", "Near-infrared", "N"],
  ["ultrasound", "Ultrasound", "U"], ["tube", "Tube on", "B"], ["pad", "Press on the hole", "G"],
];

/** A value within the limits of its knob. */
function limited(key: keyof Hand, value: number): number {
  const knob = KNOBS.find((k) => k.key === key)!;
  return Math.min(knob.max / knob.factor, Math.max(knob.min / knob.factor, value));
}

export class Hands {
  onChange: () => void = () => {};
  private hand: Hand = { x_m: 0, z_m: -0.04, angle_rad: 20 / DEG, heading_rad: 0, speed_m_s: 0.005, probe_x_m: 0, probe_z_m: -0.03, probe_yaw_rad: 0, probe_force_n: 0.5, cuff_pa: 60 / MMHG };
  private on: Switches = { needle: false, probe: false, cuff: false, nir: false, ultrasound: false, tube: false, pad: false };
  private velocity = 0;
  /** The exact line that the robot had when it was taken over, until the person moves it. */
  private inherited: Controls["needle"] | undefined;
  private skin: Geometry["skin"] | null = null;
  private outputs = new Map<keyof Hand, { input: HTMLInputElement; output: HTMLOutputElement }>();
  private buttons = new Map<keyof Switches, HTMLButtonElement>();

  constructor() {
    const box = el("sliders", HTMLDivElement);
    for (const knob of KNOBS) {
      const label = make("label", knob.label);
      const input = make("input");
      const output = make("output");
      Object.assign(input, { type: "range", min: String(knob.min), max: String(knob.max), step: String(knob.step) });
      input.setAttribute("aria-label", `${knob.label} [${knob.unit}]`);
      input.addEventListener("input", () => this.set(knob.key, Number(input.value) / knob.factor));
      label.append(input, output);
      box.append(label);
      this.outputs.set(knob.key, { input, output });
    }
    for (const [key, text, letter] of SWITCHES) {
      const button = make("button", text);
      button.title = letter;
      button.addEventListener("click", () => this.toggle(key));
      el("switches", HTMLDivElement).append(button);
      this.buttons.set(key, button);
    }
    for (const [id, velocity] of [["advance", () => this.hand.speed_m_s], ["withdraw", () => -this.hand.speed_m_s]] as const) {
      const button = el(id, HTMLButtonElement);
      button.addEventListener("pointerdown", () => this.drive(velocity()));
      for (const end of ["pointerup", "pointerleave", "pointercancel"]) button.addEventListener(end, () => this.drive(0));
      button.addEventListener("keydown", (e) => (e.key === "Enter" || e.key === " ") && !e.repeat && this.drive(velocity()));
      button.addEventListener("keyup", () => this.drive(0));
    }
    el("out", HTMLButtonElement).addEventListener("click", () => this.drive(-WITHDRAW_M_S));
    this.refresh();
  }

  setSkin(skin: Geometry["skin"]): void {
    this.skin = skin;
  }

  /** Begin from what the room does now. */
  inherit(controls: Controls): void {
    if (controls.needle) {
      const [x, y, z] = controls.needle.direction as [number, number, number];
      const length = Math.hypot(x, y, z);
      Object.assign(this.hand, { x_m: controls.needle.entry_m[0], z_m: controls.needle.entry_m[2], angle_rad: Math.asin(y / length), heading_rad: Math.atan2(x, z) });
    }
    if (controls.head) Object.assign(this.hand, { probe_x_m: controls.head.x_m, probe_z_m: controls.head.z_m, probe_yaw_rad: controls.head.yaw_rad, probe_force_n: controls.head.force_n });
    if (controls.tourniquet_pa > 0) this.hand.cuff_pa = controls.tourniquet_pa;
    this.on = {
      needle: controls.needle !== undefined, probe: controls.head !== undefined, cuff: controls.tourniquet_pa > 0, nir: controls.expose_nir,
      ultrasound: controls.image_ultrasound || controls.head !== undefined, tube: controls.tube_connected, pad: controls.compress,
    };
    this.inherited = controls.needle;
    this.velocity = 0;
    this.refresh();
  }

  controls(): Controls {
    const { hand, on } = this;
    const controls: Controls = {
      driver_velocity_m_s: this.velocity, tourniquet_pa: on.cuff ? hand.cuff_pa : 0, expose_nir: on.nir, image_ultrasound: on.ultrasound, tube_connected: on.tube, compress: on.pad,
    };
    if (on.probe) controls.head = { x_m: hand.probe_x_m, z_m: hand.probe_z_m, yaw_rad: hand.probe_yaw_rad, force_n: hand.probe_force_n };
    if (on.needle) controls.needle = this.inherited ?? { entry_m: this.entry(), direction: this.direction(), standoff_m: STANDOFF_M };
    return controls;
  }

  entry(): [number, number, number] {
    return [this.hand.x_m, this.skinY(this.hand.x_m, this.hand.z_m), this.hand.z_m];
  }

  direction(): [number, number, number] {
    const { angle_rad: a, heading_rad: h } = this.hand;
    return [Math.sin(h) * Math.cos(a), Math.sin(a), Math.cos(h) * Math.cos(a)];
  }

  /** A place on the skin that was pointed at. */
  point(x: number, z: number): void {
    if (this.moving() === "probe") Object.assign(this.hand, { probe_x_m: x, probe_z_m: z });
    else {
      Object.assign(this.hand, { x_m: x, z_m: z });
      this.inherited = undefined;
    }
    this.changed();
  }

  /** Needle's line by a pointing hand: a place on the skin and the direction into the patient. */
  aim(x: number, z: number, direction: [number, number, number]): void {
    const length = Math.hypot(...direction);
    const [dx, dy, dz] = direction;
    Object.assign(this.hand, { x_m: limited("x_m", x), z_m: limited("z_m", z), angle_rad: limited("angle_rad", Math.asin(dy / length)), heading_rad: limited("heading_rad", Math.atan2(dx, dz)) });
    this.inherited = undefined;
    this.on.needle = true;
    this.changed();
  }

  /** Probe by a pointing hand; `press` from 0 to 1. */
  probeAt(x: number, z: number, yaw_rad: number, press: number): void {
    const knob = KNOBS.find((k) => k.key === "probe_force_n")!;
    Object.assign(this.hand, { probe_x_m: limited("probe_x_m", x), probe_z_m: limited("probe_z_m", z), probe_yaw_rad: limited("probe_yaw_rad", yaw_rad), probe_force_n: knob.min + press * (knob.max - knob.min) });
    this.on.probe = this.on.ultrasound = true;
    this.changed();
  }

  /** Speed that is set for the needle [m/s]. */
  speed(): number {
    return this.hand.speed_m_s;
  }

  /** Handles a key; whether it was one of ours. */
  key(event: KeyboardEvent, down: boolean): boolean {
    const key = event.key.toLowerCase();
    if (key === "w" || key === "s") {
      if (!event.repeat) this.drive(down ? (key === "w" ? 1 : -1) * this.hand.speed_m_s : 0);
      return true;
    }
    if (!down) return false;
    if (key === "x") this.drive(-WITHDRAW_M_S);
    const fine = event.shiftKey ? 0.2 : 1;
    const probe = this.moving() === "probe";
    const nudge = (key: keyof Hand, by: number) => this.set(key, this.hand[key] + by * fine);
    switch (key) {
      case "x": break;
      case "arrowleft": nudge(probe ? "probe_x_m" : "x_m", -1e-3); break;
      case "arrowright": nudge(probe ? "probe_x_m" : "x_m", 1e-3); break;
      case "arrowup": nudge(probe ? "probe_z_m" : "z_m", 1e-3); break;
      case "arrowdown": nudge(probe ? "probe_z_m" : "z_m", -1e-3); break;
      case "q": nudge("angle_rad", -1 / DEG); break;
      case "e": nudge("angle_rad", 1 / DEG); break;
      case "a": nudge("heading_rad", -1 / DEG); break;
      case "d": nudge("heading_rad", 1 / DEG); break;
      default: {
        const found = SWITCHES.find(([, , letter]) => letter.toLowerCase() === key);
        if (!found) return false;
        this.toggle(found[0]);
      }
    }
    return true;
  }

  /** Sticks and triggers of a gamepad, once a picture. */
  gamepad(dt_s: number): void {
    const pad = navigator.getGamepads?.().find((p) => p?.connected);
    if (!pad) return;
    const dead = (v: number | undefined) => (v === undefined || Math.abs(v) < 0.15 ? 0 : v);
    const [across, along, heading, angle] = [dead(pad.axes[0]), -dead(pad.axes[1]), dead(pad.axes[2]), -dead(pad.axes[3])];
    const probe = this.moving() === "probe";
    if (across) this.set(probe ? "probe_x_m" : "x_m", this.hand[probe ? "probe_x_m" : "x_m"] + across * 0.02 * dt_s);
    if (along) this.set(probe ? "probe_z_m" : "z_m", this.hand[probe ? "probe_z_m" : "z_m"] + along * 0.02 * dt_s);
    if (heading) this.set("heading_rad", this.hand.heading_rad + (heading * 20 * dt_s) / DEG);
    if (angle) this.set("angle_rad", this.hand.angle_rad + (angle * 20 * dt_s) / DEG);
    const drive = (pad.buttons[7]?.value ?? 0) - (pad.buttons[6]?.value ?? 0);
    const wanted = Math.abs(drive) < 0.05 ? 0 : drive * this.hand.speed_m_s;
    if (wanted !== this.velocity && (wanted !== 0 || this.padDrives)) this.drive(wanted);
    this.padDrives = wanted !== 0;
  }
  private padDrives = false;

  drive(velocity: number): void {
    if (velocity === this.velocity) return;
    this.velocity = velocity;
    this.onChange();
  }

  private moving(): "needle" | "probe" {
    return document.querySelector<HTMLInputElement>("input[name=moves]:checked")?.value === "probe" ? "probe" : "needle";
  }

  toggle(key: keyof Switches): void {
    this.on[key] = !this.on[key];
    if (key === "probe") this.on.ultrasound = this.on.probe;
    this.changed();
  }

  private set(key: keyof Hand, value: number): void {
    this.hand[key] = limited(key, value);
    if (["x_m", "z_m", "angle_rad", "heading_rad"].includes(key)) this.inherited = undefined;
    this.changed();
  }

  private changed(): void {
    this.refresh();
    this.onChange();
  }

  private refresh(): void {
    for (const knob of KNOBS) {
      const shown = this.hand[knob.key] * knob.factor;
      const { input, output } = this.outputs.get(knob.key)!;
      input.value = String(shown);
      output.textContent = `${shown.toFixed(knob.step < 1 ? 1 : 0)} ${knob.unit}`;
    }
    for (const [key, button] of this.buttons) button.setAttribute("aria-pressed", String(this.on[key]));
  }

  /** Height of the skin over a place, between the four nearest points of the grid. */
  private skinY(x: number, z: number): number {
    if (!this.skin) return 0;
    const { rows, columns, points_m } = this.skin;
    const at = (r: number, c: number, axis: number) => points_m[(r * columns + c) * 3 + axis]!;
    const row = Math.min(rows - 2, Math.max(0, Math.floor(((z - at(0, 0, 2)) / (at(rows - 1, 0, 2) - at(0, 0, 2))) * (rows - 1))));
    const along = (z - at(row, 0, 2)) / (at(row + 1, 0, 2) - at(row, 0, 2));
    const across = (r: number) => {
      let c = 0;
      while (c < columns - 2 && at(r, c + 1, 0) < x) c++;
      const part = Math.min(1, Math.max(0, (x - at(r, c, 0)) / (at(r, c + 1, 0) - at(r, c, 0))));
      return at(r, c, 1) * (1 - part) + at(r, c + 1, 1) * part;
    };
    return across(row) * (1 - along) + across(row + 1) * along;
  }
}
