import type { Recipe } from './recipe.js';

/** The learning rate of each of `steps` steps. Warm-up is linear and ends at the peak; what follows starts there. */
export function learningRates({ lr, schedule, warmup }: Recipe, steps: number): Float64Array {
  const rising = Math.round(warmup * steps);
  return Float64Array.from({ length: steps }, (_, step) => {
    if (step < rising) return (lr * (step + 1)) / rising;
    const done = (step - rising) / (steps - rising);
    return lr * remaining[schedule](done);
  });
}

/** Share of the peak rate left when a share `done` of the steps after warm-up is done. */
const remaining: Readonly<Record<Recipe['schedule'], (done: number) => number>> = {
  constant: () => 1,
  linear: (done) => 1 - done,
  cosine: (done) => (1 + Math.cos(Math.PI * done)) / 2,
  step: (done) => (done < 0.5 ? 1 : done < 0.75 ? 0.1 : 0.01),
};
