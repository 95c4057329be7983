// The force on the needle as a tone, for those whose eyes are on the picture.

import { el } from "./dom.js";

/** Pitch without force, and what a newton adds [Hz]. */
const BASE_HZ = 180, PER_N_HZ = 220;
const LOUDNESS = 0.08;

export class Sound {
  private context: AudioContext | null = null;
  private tone: OscillatorNode | null = null;
  private gain: GainNode | null = null;

  constructor() {
    const button = el("sound", HTMLButtonElement);
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(on));
      if (on) this.start();
      else void this.context?.suspend();
    });
  }

  private start(): void {
    if (!this.context) {
      // A browser makes sound only after somebody asked for it, hence not before.
      this.context = new AudioContext();
      this.tone = this.context.createOscillator();
      this.gain = this.context.createGain();
      this.gain.gain.value = 0;
      this.tone.connect(this.gain).connect(this.context.destination);
      this.tone.start();
    }
    void this.context.resume();
  }

  /** Let the tone follow the force [N]; silent while nothing is touched or the clock stands. */
  follow(force_n: number, silent: boolean): void {
    if (!this.context || !this.tone || !this.gain || this.context.state !== "running") return;
    const touched = !silent && force_n > 0.02;
    this.tone.frequency.setTargetAtTime(BASE_HZ + PER_N_HZ * Math.min(4, Math.max(0, force_n)), this.context.currentTime, 0.02);
    this.gain.gain.setTargetAtTime(touched ? LOUDNESS : 0, this.context.currentTime, 0.02);
  }
}
