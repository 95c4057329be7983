// A headset with two controllers (WebXR): the same room at its real size, the same controls.

import { CanvasTexture, Mesh, MeshBasicMaterial, PlaneGeometry, Quaternion, Vector3 } from "three";
import { el } from "./dom.js";
import type { Frame } from "./frame.js";
import type { Hands } from "./hands.js";
import type { Stage } from "./stage.js";

export type Act = "command" | "run";

/** Where the elbow crease lies before a standing person [m], and the axes: the patient's y goes down, his head is ahead. */
const ARM_AT = { x: 0, y: 0.95, z: -0.4 };
const UPSIDE = { x: 1, y: 0, z: 0, w: 0 };
const PANEL_M = 0.22;
const WITHDRAW_M_S = 0.05;
/** Force that shakes a controller as hard as it can [N]. */
const SHAKE_N = 3;

/** Buttons of the standard mapping. */
const TRIGGER = 0, SQUEEZE = 1, STICK = 3, LOWER = 4, UPPER = 5;

export class Headset {
  onAct: (act: Act) => void = () => {};
  private session: XRSession | null = null;
  private panels: { texture: CanvasTexture; mesh: Mesh }[] = [];
  private held = new Map<string, boolean>();
  private drives = false;
  private shaken = 0;
  private words = document.createElement("canvas");
  private spoken = 0;

  constructor(private stage: Stage, private hands: Hands) {
    Object.assign(this.words, { width: 640, height: 300 });
    const button = el("headset", HTMLButtonElement);
    button.addEventListener("click", () => void this.enter().catch((error: unknown) => (button.textContent = `Headset: ${error instanceof Error ? error.message : String(error)}`)));
    void navigator.xr?.isSessionSupported("immersive-vr").then((works) => (button.hidden = !works), () => undefined);
  }

  get immersed(): boolean {
    return this.session !== null;
  }

  private async enter(): Promise<void> {
    if (this.session || !navigator.xr) return;
    const session = await navigator.xr.requestSession("immersive-vr", { optionalFeatures: ["local-floor"] });
    this.session = session;
    session.addEventListener("end", () => {
      this.session = null;
      this.hands.drive(0);
      for (const { mesh, texture } of this.panels) {
        mesh.removeFromParent();
        texture.dispose();
      }
      this.panels = [];
      // The renderer hears of the end after this page does.
      setTimeout(() => this.stage.leaveHeadset(), 0);
    });
    try {
      await this.stage.enterHeadset(session, ARM_AT, UPSIDE);
    } catch (error) {
      await session.end();
      throw error;
    }
    const shown: [HTMLCanvasElement, number, number][] = [[el("nir", HTMLCanvasElement), -0.36, -0.3], [el("ultrasound", HTMLCanvasElement), 0.36, -0.3], [el("force", HTMLCanvasElement), 0, -0.36], [this.words, 0, -0.2]];
    for (const [canvas, x, y] of shown) {
      const texture = new CanvasTexture(canvas);
      const mesh = new Mesh(new PlaneGeometry(PANEL_M, (PANEL_M * canvas.height) / canvas.width), new MeshBasicMaterial({ map: texture }));
      mesh.position.set(x, y, 0.3);
      mesh.quaternion.set(UPSIDE.x, UPSIDE.y, UPSIDE.z, UPSIDE.w);
      this.stage.add(mesh);
      this.panels.push({ texture, mesh });
    }
  }

  /** Read the controllers and show the panels, once a picture. */
  picture(frame: Frame, phase: string, now_ms: number): void {
    if (!this.session) return;
    if (now_ms - this.spoken > 200) {
      this.spoken = now_ms;
      this.speak(frame, phase);
      for (const { texture } of this.panels) texture.needsUpdate = true;
    }
    for (const source of this.session.inputSources) {
      const at = this.stage.poseOf(source);
      if (!source.gamepad || !at) continue;
      if (source.handedness === "right") this.right(source.gamepad, at, frame);
      else if (source.handedness === "left") this.left(source.gamepad, at, frame);
      this.shake(source.gamepad, frame.signals[1] ?? 0, now_ms);
    }
  }

  /** Aim with the grip held, drive with the trigger, withdraw by pulling the stick. */
  private right(pad: Gamepad, at: { position: Vector3; turn: Quaternion }, frame: Frame): void {
    if (this.pressed("right-lower", pad.buttons[LOWER])) this.onAct("command");
    if (this.pressed("right-upper", pad.buttons[UPPER])) this.onAct("run");
    if (!frame.person) return;
    const along = new Vector3(0, 0, -1).applyQuaternion(at.turn);
    if ((pad.buttons[SQUEEZE]?.value ?? 0) > 0.5) {
      const hit = this.stage.skinHit(at.position, along);
      const into = this.stage.inPatient(along);
      if (hit) this.hands.aim(hit[0], hit[2], [into.x, into.y, into.z]);
    }
    const pulled = Math.max(0, (pad.axes[3] ?? 0) - 0.2) / 0.8;
    const trigger = pad.buttons[TRIGGER]?.value ?? 0;
    const wanted = pulled > 0 ? -pulled * WITHDRAW_M_S : trigger > 0.05 ? trigger * this.hands.speed() : 0;
    if (wanted !== 0 || this.drives) this.hands.drive(wanted);
    this.drives = wanted !== 0;
  }

  /** Place the probe with the grip held, press with the trigger; cuff, tube and pad on buttons. */
  private left(pad: Gamepad, at: { position: Vector3; turn: Quaternion }, frame: Frame): void {
    if (!frame.person) return;
    if (this.pressed("left-lower", pad.buttons[LOWER])) this.hands.toggle("cuff");
    if (this.pressed("left-upper", pad.buttons[UPPER])) this.hands.toggle("tube");
    if (this.pressed("left-stick", pad.buttons[STICK])) this.hands.toggle("pad");
    if ((pad.buttons[SQUEEZE]?.value ?? 0) <= 0.5) return;
    const hit = this.stage.skinHit(at.position, new Vector3(0, 0, -1).applyQuaternion(at.turn));
    const side = this.stage.inPatient(new Vector3(1, 0, 0).applyQuaternion(at.turn));
    if (hit) this.hands.probeAt(hit[0], hit[2], Math.atan2(side.z, side.x), pad.buttons[TRIGGER]?.value ?? 0);
  }

  /** Whether a button goes down now. */
  private pressed(name: string, button: GamepadButton | undefined): boolean {
    const down = button?.pressed ?? false;
    const before = this.held.get(name) ?? false;
    this.held.set(name, down);
    return down && !before;
  }

  private shake(pad: Gamepad, force_n: number, now_ms: number): void {
    if (!(force_n > 0.05) || now_ms - this.shaken < 50) return;
    this.shaken = now_ms;
    const motor = (pad as unknown as { hapticActuators?: { pulse?: (strength: number, ms: number) => void }[] }).hapticActuators?.[0];
    motor?.pulse?.(Math.min(1, force_n / SHAKE_N), 50);
  }

  private speak(frame: Frame, phase: string): void {
    const pen = this.words.getContext("2d");
    if (!pen) return;
    pen.fillStyle = "#14161a";
    pen.fillRect(0, 0, this.words.width, this.words.height);
    pen.fillStyle = "#e9ecf1";
    pen.font = "22px sans-serif";
    const force = frame.signals[1] ?? NaN;
    const lines = [
      `${phase}${frame.paused ? " (clock stopped)" : ""}, ${(frame.tick / 1e3).toFixed(1)} s`, `force ${Number.isFinite(force) ? force.toFixed(2) : "–"} N`,
      frame.person ? "right: grip aims, trigger advances, stick back withdraws" : "right A: take the needle", "left: grip places the probe, trigger presses",
      "left X cuff, Y tube, stick pad", "right A: robot or you, B: clock",
    ];
    lines.forEach((line, i) => pen.fillText(line, 12, 42 + i * 46));
  }
}
