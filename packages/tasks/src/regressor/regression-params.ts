import { choice, num } from '@attribution-bench/contract';

/** What every model of a regressor takes besides its architecture. */
export const regressionParams = {
  loss: choice(['squared', 'huber'], {
    default: 'squared',
    help: "what training minimises, of the error r of a prediction: r²/2, or Huber's loss, which is r²/2 up to huberDelta and grows linearly from there",
  }),
  huberDelta: num({ default: 1, min: 1e-6, help: 'loss huber: the error from which the loss grows linearly' }),
} as const;
