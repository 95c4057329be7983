// State frames of the server, version 1: see crates/app/server/src/frame.rs.

export interface Pose { p: [number, number, number]; q: [number, number, number, number] }
export interface VesselState { across: number; depth: number; shift: [number, number, number]; arc: number; width: number }
export interface Picture { kind: number; index: number; width: number; height: number; pixel: [number, number]; grey: Uint8Array }
export interface Frame {
  tick: number; speed: number; paused: boolean; finished: boolean; person: boolean; retreat: boolean; blood: boolean; tube: boolean;
  compress: boolean; commanded: boolean; quarantined: boolean; phase: number; attempt: number; refused: number;
  signals: Float32Array; arm: Pose; needle: Pose; probe: Pose; links: Pose[]; vessels: VesselState[]; pictures: Picture[];
}

const HEADER = 64;

export function decode(buffer: ArrayBuffer): Frame {
  const view = new DataView(buffer);
  if (buffer.byteLength < HEADER || view.getUint32(0, false) !== 0x50424631 || view.getUint32(4, true) !== 1)
    throw new Error("this page and the program are of different versions: reload");
  const word = (index: number) => view.getUint32(24 + 4 * index, true);
  const flags = word(0);
  const on = (bit: number) => (flags & (1 << bit)) !== 0;
  const [signalCount, linkCount, vesselCount] = [word(3), word(4), word(5)];
  const floatCount = signalCount + 7 * (3 + linkCount) + 8 * vesselCount;
  const floats = new Float32Array(buffer, HEADER, floatCount);
  const pose = (at: number): Pose => {
    const f = floats.subarray(at, at + 7);
    return { p: [f[0]!, f[1]!, f[2]!], q: [f[3]!, f[4]!, f[5]!, f[6]!] };
  };
  const poses = signalCount;
  const vessels = signalCount + 7 * (3 + linkCount);
  return {
    tick: view.getFloat64(8, true), speed: view.getFloat64(16, true),
    paused: on(0), finished: on(1), person: on(2), retreat: on(3), blood: on(4), tube: on(5), compress: on(6), commanded: on(7), quarantined: on(8),
    phase: word(1), attempt: word(2), refused: word(6),
    signals: floats.subarray(0, signalCount), arm: pose(poses), needle: pose(poses + 7), probe: pose(poses + 14),
    links: Array.from({ length: linkCount }, (_, i) => pose(poses + 21 + 7 * i)),
    vessels: Array.from({ length: vesselCount }, (_, i) => {
      const f = floats.subarray(vessels + 8 * i, vessels + 8 * i + 8);
      return { across: f[0]!, depth: f[1]!, shift: [f[2]!, f[3]!, f[4]!], arc: f[5]!, width: f[6]! };
    }),
    pictures: decodePictures(buffer, view, HEADER + 4 * floatCount),
  };
}

function decodePictures(buffer: ArrayBuffer, view: DataView, from: number): Picture[] {
  const pictures: Picture[] = [];
  let at = from;
  while (at + 24 <= buffer.byteLength) {
    const [kind, index, width, height] = [0, 4, 8, 12].map((o) => view.getUint32(at + o, true)) as [number, number, number, number];
    const pixel: [number, number] = [view.getFloat32(at + 16, true), view.getFloat32(at + 20, true)];
    if (at + 24 + width * height > buffer.byteLength) break;
    pictures.push({ kind, index, width, height, pixel, grey: new Uint8Array(buffer, at + 24, width * height) });
    at += 24 + Math.ceil((width * height) / 4) * 4;
  }
  return pictures;
}
