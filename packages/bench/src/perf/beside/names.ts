/** The networks that `bench perf --beside` compares, in the order it does. */
export const comparedNames = [
  'mlp-784-128-10',
  'mlp-64-32-10',
  'cnn-16-32-average',
  'cnn-16-32-max',
  'resnet9-plain',
  'resnet9-group-norm',
  'unet-8-16-16',
  'unet-16-32-32',
  'unet-32-64-64',
] as const;
export type ComparedName = (typeof comparedNames)[number];
