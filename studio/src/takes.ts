// What has been tried, beside what the robot does alone.

import { el, make } from "./dom.js";
import { address, get } from "./link.js";

export interface Take {
  number: number; patient: number; by: "robot" | "person"; finished: boolean; time_s: number; success: boolean; first_stick_success: boolean; attempts: number;
  volume_ml: number; force_peak_n: number; pain: number; artery: boolean; nerve: boolean; back_wall: boolean; haematoma_ml: number; digest: string;
}

export class Takes {
  private body = el("takes", HTMLTableSectionElement);

  async load(): Promise<void> {
    this.body.replaceChildren();
    for (const take of await get<Take[]>("/api/takes")) this.add(take);
  }

  add(take: Take): void {
    const row = make("tr");
    row.dataset["take"] = String(take.number);
    row.dataset["digest"] = take.digest;
    const harm = [take.artery && "artery", take.nerve && "nerve", take.back_wall && "back wall", take.haematoma_ml > 0.5 && "haematoma"].filter(Boolean).join(", ");
    const stick = take.first_stick_success ? "yes" : take.success ? "later" : take.finished ? "no" : "not finished";
    const head = make("th", String(take.number));
    head.scope = "row";
    row.append(head);
    for (const text of [take.by === "robot" ? "robot alone" : "with a person", stick, take.volume_ml.toFixed(1), String(take.attempts), take.time_s.toFixed(1), take.force_peak_n.toFixed(2), take.pain.toFixed(1), harm || "none"])
      row.append(make("td", text));
    const links = make("td");
    for (const [text, what] of [["report", "report"], ["orders", "session"]] as const) {
      const link = make("a", text);
      link.href = address(`/api/takes/${take.number}/${what}`);
      link.target = "_blank";
      link.rel = "noopener";
      link.setAttribute("aria-label", `${text} of take ${take.number}`);
      links.append(link, " ");
    }
    row.append(links);
    this.body.append(row);
  }
}
