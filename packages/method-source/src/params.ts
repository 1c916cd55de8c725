import { choice, int, type MethodContext, type Params, timestepsParams } from '@attribution-bench/contract';

export const params = {
  segments: int({
    default: 3,
    min: 1,
    search: [1, 2, 3, 6],
    help: 'parts of the training run in each of which gradients and curvature are held constant',
  }),
  checkpoints: int({
    default: 2,
    min: 1,
    search: [1, 2, 4],
    help: 'models of a segment over which gradients and curvature are averaged',
  }),
  solver: choice(['ekfac', 'kfac', 'explicit'], {
    default: 'ekfac',
    help: 'curvature of a segment: ekfac, kfac: by Kronecker factors of each layer; explicit: as a whole, for small models',
  }),
  runs: int({ default: 1, min: 1, help: 'independently seeded training runs that are averaged over' }),
  draws: int({
    default: 1,
    min: 1,
    help: 'kfac, ekfac: times that labels, or noises, are drawn for each point from a model',
  }),
  ...timestepsParams,
};

export type SourceParams = Params<typeof params>;
export type Context = MethodContext<'trajectory' | 'gradients' | 'curvature'>;
