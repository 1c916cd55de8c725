import { arnoldi } from './arnoldi.js';
import { cg } from './cg.js';
import { datainf } from './datainf.js';
import { ekfac } from './ekfac.js';
import { ekfacCg } from './ekfac-cg.js';
import { explicit } from './explicit.js';
import { kfac } from './kfac.js';
import { lissa } from './lissa.js';
import type { solverNames } from './names.js';
import type { Solver } from './solver.js';

export const solvers: Readonly<Record<(typeof solverNames)[number], Solver>> = {
  explicit,
  cg,
  kfac,
  ekfac,
  'ekfac-cg': ekfacCg,
  lissa,
  arnoldi,
  datainf,
};
