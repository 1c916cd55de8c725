/** How a model is trained, with every default filled in. Members that do not apply to the optimiser are absent. */
export type Recipe = {
  readonly epochs: number;
  readonly batch: number;
  readonly optimizer: 'sgd' | 'adam' | 'adamw';
  /** Peak learning rate. */
  readonly lr: number;
  /** SGD only. */
  readonly momentum?: number;
  /** Adam and AdamW only. */
  readonly beta1?: number;
  readonly beta2?: number;
  /** L2 term added to the gradient (sgd, adam) or decoupled (adamw), on every parameter, biases included. */
  readonly weightDecay: number;
  readonly schedule: 'constant' | 'linear' | 'cosine' | 'step';
  /** Share of all steps over which the learning rate rises from 0. */
  readonly warmup: number;
};
