// Force and way over the last seconds.

const SPAN_S = 30;

export class Plot {
  private points: [number, number, number][] = [];

  constructor(private canvas: HTMLCanvasElement) {}

  add(time_s: number, force_n: number, way_mm: number): void {
    const last = this.points.at(-1);
    if (last && time_s <= last[0]) return;
    this.points.push([time_s, force_n, way_mm]);
    while (this.points.length && this.points[0]![0] < time_s - SPAN_S) this.points.shift();
  }

  rewind(time_s: number): void {
    this.points = this.points.filter((p) => p[0] <= time_s);
  }

  draw(): void {
    const g = this.canvas.getContext("2d");
    if (!g) return;
    const { width, height } = this.canvas;
    const [left, right, bottom] = [44, width - 44, height - 24];
    g.fillStyle = "#000";
    g.fillRect(0, 0, width, height);
    const end = Math.max(SPAN_S, this.points.at(-1)?.[0] ?? 0);
    const top = { force: nice(Math.max(0.5, ...this.points.map((p) => p[1]))), way: nice(Math.max(10, ...this.points.map((p) => p[2]))) };
    g.font = "15px system-ui, sans-serif";
    g.textBaseline = "middle";
    g.strokeStyle = "#333";
    for (let k = 0; k <= 4; k++) {
      const y = bottom - (k / 4) * (bottom - 10);
      g.beginPath(); g.moveTo(left, y); g.lineTo(right, y); g.stroke();
      g.fillStyle = "#56b4e9"; g.textAlign = "right"; g.fillText(((k / 4) * top.force).toFixed(top.force < 2 ? 2 : 1), left - 5, y);
      g.fillStyle = "#e69f00"; g.textAlign = "left"; g.fillText(((k / 4) * top.way).toFixed(0), right + 5, y);
    }
    g.textAlign = "center"; g.fillStyle = "#ccc";
    for (let k = 0; k <= 3; k++) g.fillText((end - SPAN_S + (k * SPAN_S) / 3).toFixed(0), left + (k / 3) * (right - left), height - 10);
    const x = (t: number) => left + ((t - end + SPAN_S) / SPAN_S) * (right - left);
    const curve = (index: 1 | 2, scale: number, dash: number[]) => {
      g.setLineDash(dash); g.lineWidth = 2; g.beginPath();
      for (const p of this.points) g.lineTo(x(p[0]), bottom - (Math.max(0, p[index]) / scale) * (bottom - 10));
      g.stroke(); g.setLineDash([]); g.lineWidth = 1;
    };
    g.strokeStyle = "#56b4e9"; curve(1, top.force, []);
    g.strokeStyle = "#e69f00"; curve(2, top.way, [6, 4]);
  }
}

function nice(value: number): number {
  const decade = 10 ** Math.floor(Math.log10(value));
  return decade * ([1, 2, 5, 10].find((m) => value <= m * decade) ?? 10);
}
