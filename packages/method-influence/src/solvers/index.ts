import { cg } from './cg.js';
import { explicit } from './explicit.js';
import type { solverNames } from './names.js';
import type { Solver } from './solver.js';

export const solvers: Readonly<Record<(typeof solverNames)[number], Solver>> = { explicit, cg };
