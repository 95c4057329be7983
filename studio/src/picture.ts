// A sensor's picture, grey levels to pixels, in its true proportions.

import type { Picture } from "./frame.js";

export function show(canvas: HTMLCanvasElement, picture: Picture): void {
  const { width, height, pixel, grey } = picture;
  canvas.width = width;
  canvas.height = height;
  canvas.style.aspectRatio = `${width * pixel[0]} / ${height * pixel[1]}`;
  const g = canvas.getContext("2d");
  if (!g) return;
  const image = g.createImageData(width, height);
  for (let k = 0; k < grey.length; k++) {
    const v = grey[k]!;
    image.data.set([v, v, v, 255], 4 * k);
  }
  g.putImageData(image, 0, 0);
}
