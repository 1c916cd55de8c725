import { choice, int, type MethodContext, num, type Params, timestepsParams } from '@attribution-bench/contract';
import { solverNames } from './solvers/names.js';

export const params = {
  solver: choice(solverNames, {
    default: 'explicit',
    help: 'explicit: factors C, for small models; cg: conjugate gradients, as exact, for any size; kfac, ekfac: C by Kronecker factors of each layer; ekfac-cg: cg preconditioned by ekfac; lissa, arnoldi, datainf: approximations',
  }),
  curvature: choice(['auto', 'hessian', 'gauss-newton', 'fisher'], {
    default: 'auto',
    help: 'C, of the mean training loss; fisher: mean of ∇loss ∇lossᵀ; auto: the Hessian, or what the solver is made for',
  }),
  damping: num({
    default: 0.01,
    min: 0,
    search: { from: 1e-4, to: 1, scale: 'log' },
    help: 'λ, added to every eigenvalue of C; explicit, cg: doubled until all are above 0',
  }),
  dampingUnit: choice(['absolute', 'mean-eigenvalue', 'layer-mean-eigenvalue'], {
    default: 'absolute',
    help: 'absolute: damping is λ itself; mean-eigenvalue: in units of trace(C) / parameters; layer-mean-eigenvalue: of the same of each layer (kfac, ekfac, datainf)',
  }),
  relatif: choice(['none', 'theta', 'loss'], {
    default: 'none',
    help: 'divides the scores of a point by |(C + λI)⁻¹ ∇loss| (theta) or by the root of its self-influence (loss)',
  }),
  checkpoints: int({
    default: 1,
    min: 1,
    search: [1, 3, 5],
    help: 'independently trained models whose scores are averaged',
  }),
  tolerance: num({
    default: 1e-5,
    min: 1e-12,
    max: 1,
    help: 'cg: ends when |b - (C + λI) x| is at most this share of |b|',
  }),
  iterations: int({ default: 200, min: 1, help: 'cg: ends after so many at the latest, which is logged' }),
  start: choice(['zero', 'gradient'], {
    default: 'zero',
    help: 'cg: where it begins; gradient: at b, as dattri does',
  }),
  positions: choice(['expand', 'reduce'], {
    default: 'expand',
    help: 'kfac, ekfac: positions of a convolution, or tokens, are samples of their own, or are averaged (inputs) and summed (derivatives)',
  }),
  draws: int({
    default: 1,
    min: 1,
    help: 'kfac, ekfac: times that labels, or noises, are drawn for each point from the model; curvature fisher draws none',
  }),
  depth: int({ default: 500, min: 1, help: 'lissa: terms of the series' }),
  batch: int({ default: 32, min: 1, help: 'lissa: training points that each term looks at' }),
  repeats: int({ default: 1, min: 1, help: 'lissa: series that are averaged' }),
  scale: num({
    default: 0,
    min: 0,
    help: 'lissa: what C + λI is divided by; 0: twice its highest eigenvalue',
  }),
  rank: int({ default: 20, min: 1, help: 'arnoldi: eigenvectors that are kept' }),
  krylov: int({ default: 60, min: 1, help: 'arnoldi: products with C by which they are found' }),
  ...timestepsParams,
};

/** What `fit` of any solver reads besides the models: neither the damping nor how the system is solved. */
export const fitParams = [
  'solver',
  'curvature',
  'dampingUnit',
  'positions',
  'draws',
  'scale',
  'krylov',
  'timesteps',
] as const;

export type InfluenceParams = Params<typeof params>;
export type Curvature = Exclude<InfluenceParams['curvature'], 'auto'>;
export type Context = MethodContext<'checkpoints' | 'gradients' | 'curvature'>;
