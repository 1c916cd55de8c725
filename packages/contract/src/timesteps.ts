/** `count` noise levels spread evenly over all of a diffusion model, from 0: 0, T/count, 2T/count ... (rounded down), as D-TRAK's `uniform`. */
export function uniformTimesteps(steps: number, count: number): number[] {
  const used = Math.min(count, steps);
  const stride = Math.floor(steps / used);
  return Array.from({ length: used }, (_, k) => k * stride);
}
