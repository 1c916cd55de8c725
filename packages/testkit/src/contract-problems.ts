import type { TaskData } from '@attribution-bench/tasks';
import { exactLeaveOneOut } from './leave-one-out.js';
import { type Setting, taskSpec, trainedSetting } from './setting.js';

export const contractProblemSize = { train: 60, queries: 12 } as const;
const { train, queries } = contractProblemSize;
const l2 = 0.02;

/** A small real task that methods are held to the contract on. */
export interface ContractProblem {
  /** What the names of its rules start with. */
  readonly prefix: string;
  setting(): Promise<Setting>;
  /** This task with rows of its training set in another order, or repeated. */
  withTrainRows(setting: Setting, rows: Int32Array): Promise<Setting>;
  /** Whether the models of that task were trained on it. */
  readonly retrains: boolean;
  /** Exact effect of leaving each point out on each query's target, [queries × train], where it can be had. */
  leaveOneOut?(data: TaskData): Promise<Float64Array>;
}

/**
 * Full batches make training independent of the order of the points, and the L2 term makes its end the only optimum: what
 * permuted or duplicated points change is then the method's doing.
 */
const classifierSpec = taskSpec(
  {
    id: 'contract',
    data: { use: 'synthetic', train, queries, classes: 3, dims: 5, separation: 2.5 },
    model: { use: 'logistic', epochs: 200, batch: train, lr: 0.3, weightDecay: l2 },
    target: 'margin',
  },
  7,
);

export const classifierProblem: ContractProblem = {
  prefix: '',
  setting: () => trainedSetting(classifierSpec),
  withTrainRows: ({ data }, rows) => trainedSetting(classifierSpec, withRows(data, rows)),
  retrains: true,
  leaveOneOut: async (data) => (await exactLeaveOneOut(data, l2)).effects,
};

/** Three points per component: leaving half of the points out costs a query most of what is near it. */
const generatorSpec = (heldout: number) =>
  taskSpec(
    {
      id: 'contract-generator',
      data: { use: 'synthetic', train, classes: 20, dims: 4, separation: 3 },
      model: { use: 'ddpm-mlp', hidden: [32], timeFeatures: 8, epochs: 100, batch: train, lr: 0.02 },
      target: { use: 'neg-denoising-loss', timesteps: 5, draws: 4 },
      queries: { heldout, generated: queries - heldout, samplerSteps: 10 },
    },
    7,
  );

const generatorProblemWith = (heldout: number): ContractProblem => {
  const spec = generatorSpec(heldout);
  return {
    prefix: 'on a diffusion model, ',
    setting: () => trainedSetting(spec),
    /** With the models of the unchanged task: training draws its noise by place in the batch, so another order is another model. */
    async withTrainRows({ data, models }, rows) {
      return { ...(await trainedSetting(spec, withRows(data, rows))), models };
    },
    retrains: false,
  };
};

export const generatorProblem = generatorProblemWith(8);
/** For methods that explain what a model drew and nothing else. */
export const generatedQueriesProblem = generatorProblemWith(0);

function withRows(data: TaskData, rows: Int32Array): TaskData {
  const dims = data.inputs.length / data.labels.length;
  const inputs = new Float32Array(rows.length * dims);
  for (const [i, row] of rows.entries()) inputs.set(data.inputs.subarray(row * dims, (row + 1) * dims), i * dims);
  return {
    ...data,
    inputs,
    labels: rows.map((row) => data.labels[row]),
    flipped: Uint8Array.from(rows, (row) => data.flipped[row]),
    ids: Array.from(rows, (row, i) => (rows.indexOf(row) === i ? data.ids[row] : `${data.ids[row]} again`)),
  };
}
