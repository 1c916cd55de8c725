import { choice, int } from '@attribution-bench/contract';

/** What `queries:` of a generator task takes. */
export const querySets = {
  heldout: int({ default: 50, min: 0, help: 'held-out points, stratified by class' }),
  generated: int({ default: 50, min: 0, help: 'images drawn from a model trained on all training points' }),
  sampler: choice(['ddim', 'ddpm'], { default: 'ddim', help: 'how they are drawn' }),
  samplerSteps: int({ default: 50, min: 1, max: 100_000, help: 'steps of the sampler' }),
} as const;
