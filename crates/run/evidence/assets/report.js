"use strict";
// Nothing in the page needs this script: it adds a read-out under the pointer, the step-through of the stick, and opens everything for print.
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const make = (name, attributes, parent) => { const e = document.createElementNS(SVG, name); for (const k in attributes) e.setAttribute(k, attributes[k]); parent.append(e); return e; };
  const short = v => Math.abs(v) >= 100 ? v.toFixed(0) : Math.abs(v) >= 10 ? v.toFixed(1) : v.toFixed(2);
  for (const g of document.querySelectorAll("g[data-plot]")) {
    const [left, top, width, height, x0, x1, y0, y1] = g.dataset.plot.split(" ").map(Number);
    const [xUnit, yUnit] = g.dataset.units.split("|");
    const svg = g.ownerSVGElement, box = make("rect", { x: left, y: top, width, height, fill: "transparent" }, g), hover = make("g", {}, g);
    const curves = [...g.querySelectorAll("path[data-name]")].map(p => [p.dataset.name, [...p.getAttribute("d").matchAll(/[ML](-?[\d.]+) (-?[\d.]+)/g)].map(m => [+m[1], +m[2]])]);
    box.addEventListener("pointerleave", () => hover.replaceChildren());
    box.addEventListener("pointermove", e => {
      const at = new DOMPoint(e.clientX, e.clientY).matrixTransform(svg.getScreenCTM().inverse());
      hover.replaceChildren();
      make("line", { x1: at.x, x2: at.x, y1: top, y2: top + height, class: "hover" }, hover);
      const lines = [short(x0 + (at.x - left) / width * (x1 - x0)) + " " + xUnit];
      for (const [name, points] of curves) {
        let best = null;
        for (const p of points) if (!best || Math.abs(p[0] - at.x) < Math.abs(best[0] - at.x)) best = p;
        if (best && Math.abs(best[0] - at.x) < 12) { make("circle", { cx: best[0], cy: best[1], r: 3.5, class: "dot" }, hover); lines.push(name + " " + short(y1 - (best[1] - top) / height * (y1 - y0)) + " " + yUnit); }
      }
      const w = 14 + 6.4 * Math.max(...lines.map(l => l.length)), x = at.x + 12 + w > left + width ? at.x - w - 12 : at.x + 12;
      make("rect", { x, y: top + 4, width: w, height: 8 + 15 * lines.length, rx: 3, class: "tip" }, hover);
      lines.forEach((l, i) => { make("text", { x: x + 7, y: top + 19 + 15 * i, class: "tip-text" }, hover).textContent = l; });
    });
  }
  for (const step of document.querySelectorAll(".step")) {
    const frames = JSON.parse(step.dataset.frames), input = step.querySelector("input"), output = step.querySelector("output");
    const marks = ["section", "depth", "time"].map(n => document.getElementById(step.dataset.key + "-" + n));
    input.max = frames.length - 1; step.classList.add("on");
    const show = () => {
      const f = frames[input.value]; output.textContent = f[6];
      marks.forEach((m, i) => { if (m) { m.setAttribute("cx", f[2 * i]); m.setAttribute("cy", f[2 * i + 1]); m.classList.add("on"); } });
    };
    input.addEventListener("input", show); input.value = frames.length - 1; show();
  }
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach(d => { d.open = true; }));
})();
