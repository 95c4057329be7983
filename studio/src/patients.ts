// Whom to open: the list, records that are sent in, sampled adults, the robot on many of them, a trial's draws.

import { el, make } from "./dom.js";
import { address, type Ask, get, send } from "./link.js";

interface Patient { id: number; name: string; origin: "given" | "record" | "sampled" | "trial"; note: string; sex: string; age_y: number; bmi_kg_m2: number; side: string; seed: number; number: number }
interface Parameter { name: string; unit: string; low: number; median: number; high: number; status: string; source: string }
interface Detail extends Patient { parameters: Parameter[]; history: { event: string; text: string }[] }
interface Cohort { count: number; stuck: number; first_stick: number; first_stick_interval_95: [number, number] | null; success: number; artery_or_nerve: number; failed_patients: number[] }
interface Job { id: number; kind: "record" | "sample" | "cohort"; state: "running" | "done" | "failed" | "cancelled"; done: number; of: number; result: unknown }

const ORIGIN = { given: "opened with", record: "record", sampled: "sampled adult", trial: "trial" };
const KIND = { record: "Reading the record", sample: "Drawing an adult", cohort: "Rehearsing on adults" };

export class Patients {
  /** Asks the scene for it; resolves when it is done. */
  onOpen: (ask: Ask) => Promise<boolean> = async () => false;
  private dialog = el("patients", HTMLDialogElement);
  private known = new Set<number>();
  private watching = false;

  constructor() {
    el("choose", HTMLButtonElement).addEventListener("click", () => void this.show());
    el("patients-close", HTMLButtonElement).addEventListener("click", () => this.dialog.close());
    const file = el("record", HTMLInputElement);
    file.addEventListener("change", () => {
      const record = file.files?.[0];
      if (record) void this.begin(send<Job>("POST", "/api/patients", record));
      file.value = "";
    });
    el("sample", HTMLButtonElement).addEventListener("click", () => void this.begin(send<Job>("POST", "/api/jobs", JSON.stringify({ sample: { seed: this.number("sample-seed"), number: this.number("sample-number") } }))));
    el("cohort", HTMLButtonElement).addEventListener("click", () => void this.begin(send<Job>("POST", "/api/jobs", JSON.stringify({ cohort: { seed: this.number("sample-seed"), count: this.number("cohort-count") } }))));
  }

  get isOpen(): boolean {
    return this.dialog.open;
  }

  private number(id: string): number {
    return Number(el(id, HTMLInputElement).value);
  }

  private async show(): Promise<void> {
    this.dialog.showModal();
    await this.list();
    await this.watch();
  }

  private say(text: string): void {
    el("patients-said", HTMLParagraphElement).textContent = text;
  }

  private async list(): Promise<void> {
    const patients = await get<Patient[]>("/api/patients");
    const body = el("patients-list", HTMLTableSectionElement);
    body.replaceChildren(...patients.map((patient) => this.row(patient)));
    el("trial-report", HTMLAnchorElement).hidden = !patients.some((patient) => patient.origin === "trial");
    el("trial-report", HTMLAnchorElement).href = address("/api/trial");
  }

  private row(patient: Patient): HTMLTableRowElement {
    const row = make("tr");
    row.dataset["patient"] = String(patient.id);
    const head = make("th", patient.name);
    head.scope = "row";
    row.append(head);
    for (const text of [ORIGIN[patient.origin], patient.sex, patient.age_y.toFixed(0), patient.bmi_kg_m2.toFixed(1), patient.side, patient.note]) row.append(make("td", text));
    const acts = make("td");
    const open = make("button", "Open");
    open.setAttribute("aria-label", `Open ${patient.name}`);
    open.addEventListener("click", () => void this.open(patient));
    const known = make("button", "What is known");
    known.setAttribute("aria-label", `What is known of ${patient.name}`);
    known.addEventListener("click", () => void this.detail(patient));
    acts.append(open, known);
    row.append(acts);
    return row;
  }

  private async open(patient: Patient): Promise<void> {
    this.say(`opening ${patient.name}: the robot's own draw is computed first…`);
    if (await this.onOpen({ open: { patient: patient.id } })) this.dialog.close();
    else this.say("");
  }

  private async detail(patient: Patient): Promise<void> {
    const detail = await get<Detail>(`/api/patients/${patient.id}`);
    const box = el("patient-detail", HTMLDivElement);
    const table = make("table");
    const head = make("tr");
    for (const title of ["Parameter", "Median", "5 % to 95 %", "Unit", "Status", "Source"]) {
      const cell = make("th", title);
      cell.scope = "col";
      head.append(cell);
    }
    table.append(make("thead"));
    table.tHead!.append(head);
    const body = make("tbody");
    const short = (value: number) => (Number.isFinite(value) ? Number(value.toPrecision(3)).toString() : "–");
    for (const one of detail.parameters) {
      const row = make("tr");
      for (const text of [one.name, short(one.median), `${short(one.low)} to ${short(one.high)}`, one.unit, one.status, one.source]) row.append(make("td", text));
      body.append(row);
    }
    table.append(body);
    box.replaceChildren(make("h3", `What is known of ${detail.name}, and how well`), table, ...detail.history.map((entry) => make("p", `${entry.event}: ${entry.text}`)));
  }

  private async begin(begun: Promise<Job>): Promise<void> {
    try {
      await begun;
      this.say("");
    } catch (error) {
      this.say(error instanceof Error ? error.message : String(error));
    }
    await this.watch();
  }

  /** Look at the jobs until none runs; they go on if this page is closed. */
  private async watch(): Promise<void> {
    if (this.watching) return;
    this.watching = true;
    try {
      for (;;) {
        const jobs = await get<Job[]>("/api/jobs");
        el("jobs", HTMLUListElement).replaceChildren(...jobs.slice(-8).reverse().map((job) => this.job(job)));
        const over = jobs.filter((job) => job.state !== "running" && !this.known.has(job.id));
        for (const job of over) this.known.add(job.id);
        if (over.length > 0) await this.list();
        if (!jobs.some((job) => job.state === "running")) return;
        await new Promise((done) => setTimeout(done, 250));
      }
    } catch (error) {
      this.say(error instanceof Error ? error.message : String(error));
    } finally {
      this.watching = false;
    }
  }

  private job(job: Job): HTMLLIElement {
    const line = make("li", `${KIND[job.kind]}: ${this.end(job)}`);
    if (job.state !== "running") return line;
    const bar = make("progress");
    Object.assign(bar, { max: job.of, value: job.done });
    bar.setAttribute("aria-label", KIND[job.kind]);
    const cancel = make("button", "Cancel");
    cancel.addEventListener("click", () => void send("DELETE", `/api/jobs/${job.id}`));
    line.append(" ", bar, " ", cancel);
    return line;
  }

  private end(job: Job): string {
    if (job.state === "running") return `${job.done} of ${job.of}`;
    if (job.state === "failed") return `failed: ${String(job.result)}`;
    if (job.state === "cancelled") return "cancelled";
    if (job.kind !== "cohort") return (job.result as { note?: string }).note || "done";
    const cohort = job.result as Cohort;
    const percent = (value: number) => (value * 100).toFixed(1);
    const interval = cohort.first_stick_interval_95;
    return `first stick in ${cohort.first_stick} of ${cohort.stuck}${interval ? ` (95 % interval ${percent(interval[0])} to ${percent(interval[1])} %)` : ""}, blood in ${cohort.success} of ${cohort.count}, artery or nerve touched in ${cohort.artery_or_nerve}; ${cohort.failed_patients.length} without a first stick are on the list`;
  }
}
