// One minute for who is here for the first time.

import { el } from "./dom.js";

const PAGES: [string, string][] = [
  ["A patient who never lived", "Before you lies the arm of a simulated patient, palm up, and a robot that draws blood. Everything comes out of equations; nothing here is a medical device. Start lets the clock run; the robot begins by itself."],
  ["What the robot sees", "On the right: the near-infrared picture, the ultrasound, the force on the needle. Veins, artery and nerves are hidden at first, from you as from the robot. Show them with the layers at the left of the room."],
  ["Take the needle", "Take the controls (T) at any moment, also in mid-insertion; you begin from what the robot is doing. L puts the needle on its line, arrows move it, Q and E change its angle, A and D its heading, W advances, S withdraws, X takes it out. C cuff, P probe, U ultrasound, N near-infrared, B tube, G pad on the hole. Shift makes steps fine. F finishes when the needle is out."],
  ["Give it back", "Hand to the robot (R): it takes out a needle that it did not put in, presses on the hole, and begins anew. Space stops the clock, Backspace goes two seconds back: then try another angle. Every take is kept, scored beside the robot's, and can be replayed to the same bits."],
];

export class Tour {
  private dialog = el("tour", HTMLDialogElement);
  private page = 0;

  constructor() {
    el("help", HTMLButtonElement).addEventListener("click", () => this.open());
    el("tour-close", HTMLButtonElement).addEventListener("click", () => this.dialog.close());
    el("tour-next", HTMLButtonElement).addEventListener("click", () => {
      this.page += 1;
      if (this.page >= PAGES.length) this.dialog.close();
      else this.show();
    });
    // Keys belong to the room once the tour is over.
    this.dialog.addEventListener("close", () => el("stage", HTMLCanvasElement).focus());
    let seen = "";
    try {
      seen = localStorage.getItem("tour") ?? "";
      localStorage.setItem("tour", "seen");
    } catch { /* a browser that keeps nothing shows the tour every time */ }
    if (!seen) this.open();
  }

  get isOpen(): boolean {
    return this.dialog.open;
  }

  private open(): void {
    this.page = 0;
    this.show();
    this.dialog.showModal();
  }

  private show(): void {
    const [title, text] = PAGES[this.page]!;
    el("tour-title", HTMLHeadingElement).textContent = `${title} (${this.page + 1} of ${PAGES.length})`;
    el("tour-text", HTMLParagraphElement).textContent = text;
    el("tour-next", HTMLButtonElement).textContent = this.page + 1 < PAGES.length ? "Next" : "Begin";
  }
}
