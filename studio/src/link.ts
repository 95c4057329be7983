// The connection to the scene: requests with answers, frames, words; comes back by itself.

import { decode, type Frame } from "./frame.js";
import type { Take } from "./takes.js";

export interface Signal { name: string; label: string; unit: string; factor: number; truth: boolean }
export interface Tube { name: string; kind: "vein" | "artery" | "nerve" | "bone"; vessel: number | null; nodes: number[][] }
export interface Geometry {
  twin: string; seed: number; patient: number; side: string; signals: Signal[]; phases: string[];
  skin: { rows: number; columns: number; points_m: number[] }; layers_m: [number, number]; tubes: Tube[];
}
export interface Controls {
  head?: { x_m: number; z_m: number; yaw_rad: number; force_n: number };
  needle?: { entry_m: number[]; direction: number[]; standoff_m: number };
  driver_velocity_m_s: number; tourniquet_pa: number; expose_nir: boolean; image_ultrasound: boolean; tube_connected: boolean; compress: boolean;
}
export type Ask = "command" | "leave" | "robot" | "finish" | "pause" | "restart" | { take: Controls } | { run: { speed: number } } | { step: { ticks: number } } | { rewind: { tick: number } } | { open: { patient: number } };
export type Word =
  | { type: "event"; tick: number; kind: string; text: string; truth: boolean }
  | { type: "rewound"; tick: number }
  | { type: "take"; take: Take }
  | { type: "opened"; patient: number }
  | { type: "lost"; count: number };

/** Addresses carry the token with which this page was opened. */
export function address(path: string): string {
  const token = new URLSearchParams(location.search).get("token");
  return token === null ? path : `${path}?token=${encodeURIComponent(token)}`;
}

export async function get<T>(path: string): Promise<T> {
  return send("GET", path);
}

export async function send<T>(method: "GET" | "POST" | "DELETE", path: string, body?: BodyInit): Promise<T> {
  const answer = await fetch(address(path), body === undefined ? { method } : { method, body });
  if (answer.status === 413) throw new Error("the record is too large");
  const said: unknown = await answer.json();
  if (!answer.ok) throw new Error((said as { error?: string }).error ?? answer.statusText);
  return said as T;
}

export class Link {
  onFrame: (frame: Frame) => void = () => {};
  onWord: (word: Word) => void = () => {};
  onState: (connected: boolean) => void = () => {};
  /** Round trips of the last requests [ms]. */
  readonly trips: number[] = [];
  private socket: WebSocket | null = null;
  private next = 1;
  private waiting = new Map<number, { done: (tick: number) => void; failed: (error: Error) => void; at: number }>();

  open(): void {
    const url = new URL(address("/ws"), location.href);
    url.protocol = "ws:";
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onopen = () => this.onState(true);
    socket.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => {
      if (typeof data === "string") this.read(data);
      else {
        this.onFrame(decode(data));
        // The next but one may come: a page that is slow sees fewer frames, not older ones.
        socket.send("seen");
      }
    };
    socket.onclose = () => {
      for (const { failed } of this.waiting.values()) failed(new Error("the connection ended"));
      this.waiting.clear();
      this.onState(false);
      setTimeout(() => this.open(), 1000);
    };
  }

  ask(ask: Ask): Promise<number> {
    const socket = this.socket;
    if (!socket || socket.readyState !== WebSocket.OPEN) return Promise.reject(new Error("not connected"));
    const id = this.next++;
    return new Promise((done, failed) => {
      this.waiting.set(id, { done, failed, at: performance.now() });
      socket.send(JSON.stringify({ id, ask }));
    });
  }

  private read(text: string): void {
    const word = JSON.parse(text) as Word | { type: "ack"; id: number; tick: number } | { type: "refused"; id: number | null; what: string };
    if (word.type !== "ack" && word.type !== "refused") return this.onWord(word);
    const asked = word.id === null ? undefined : this.waiting.get(word.id);
    if (word.id !== null) this.waiting.delete(word.id);
    if (!asked) return;
    this.trips.push(performance.now() - asked.at);
    if (this.trips.length > 500) this.trips.shift();
    if (word.type === "ack") asked.done(word.tick);
    else asked.failed(new Error(word.what));
  }
}
