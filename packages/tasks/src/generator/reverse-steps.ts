/** What the step from t to the next lower time step takes besides the level of t. */
const stepColumns = ['signal', 'direction', 'spread'] as const;
/** Numbers of one row of {@link reverseSteps}. */
export const stepWidth = stepColumns.length;

/** `count` time steps evenly spread over all, from high to low, ending with 0. */
export function descendingTimesteps(steps: number, count: number): number[] {
  const used = Math.min(count, steps);
  const stride = Math.floor(steps / used);
  return Array.from({ length: used }, (_, k) => (used - 1 - k) * stride);
}

/**
 * Song et al. 2021 (DDIM), equation 12: x_next = signal · x̂_0 + direction · ε̂ + spread · z for each step, where spread is
 * eta times that of the DDPM posterior; the last step goes to the clean image. [steps × 3]
 */
export function reverseSteps(alphasCumprod: Float64Array, timesteps: readonly number[], eta: number): Float32Array {
  const rows = timesteps.flatMap((t, k) => {
    const now = alphasCumprod[t];
    const next = k + 1 < timesteps.length ? alphasCumprod[timesteps[k + 1]] : 1;
    const spread = eta * Math.sqrt(((1 - next) / (1 - now)) * (1 - now / next));
    return [Math.sqrt(next), Math.sqrt(Math.max(0, 1 - next - spread ** 2)), spread];
  });
  return Float32Array.from(rows);
}
