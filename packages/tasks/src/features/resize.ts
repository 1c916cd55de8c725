/** Images, channels last, row-major. */
export interface Images {
  /** [points × height × width × channels] */
  readonly data: Float32Array;
  readonly points: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/**
 * Resizes images with a triangle filter: bilinear interpolation when enlarging, and averaging over the pixels that fall
 * together when shrinking, as image libraries do for features of pretrained networks. The size asked for already: the
 * same images.
 */
export function resize(images: Images, height: number, width: number): Images {
  if (images.height === height && images.width === width) return images;
  const { points, channels } = images;
  const columns = triangleFilter(images.width, width);
  const narrow = new Float32Array(points * images.height * width * channels);
  for (let line = 0; line < points * images.height; line++)
    for (const [x, { first, weights }] of columns.entries())
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let k = 0; k < weights.length; k++)
          sum += weights[k] * images.data[(line * images.width + first + k) * channels + c];
        narrow[(line * width + x) * channels + c] = sum;
      }
  const rows = triangleFilter(images.height, height);
  const lineSize = width * channels;
  const data = new Float32Array(points * height * lineSize);
  for (let point = 0; point < points; point++)
    for (const [y, { first, weights }] of rows.entries()) {
      const to = (point * height + y) * lineSize;
      for (let k = 0; k < weights.length; k++) {
        const from = (point * images.height + first + k) * lineSize;
        for (let i = 0; i < lineSize; i++) data[to + i] += weights[k] * narrow[from + i];
      }
    }
  return { data, points, height, width, channels };
}

/** For each output position, which input positions it averages, pixel centres at half-integers, weights summing to 1. */
function triangleFilter(from: number, to: number): { first: number; weights: number[] }[] {
  const scale = from / to;
  const reach = Math.max(1, scale);
  return Array.from({ length: to }, (_, position) => {
    const centre = (position + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - reach + 0.5));
    const last = Math.min(from - 1, Math.ceil(centre + reach - 0.5) - 1);
    const raw = Array.from({ length: last - first + 1 }, (_, k) =>
      Math.max(0, 1 - Math.abs(first + k + 0.5 - centre) / reach),
    );
    const total = raw.reduce((sum, weight) => sum + weight, 0);
    return { first, weights: raw.map((weight) => weight / total) };
  });
}
