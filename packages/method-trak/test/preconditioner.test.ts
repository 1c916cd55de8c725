import type { Projection } from '@attribution-bench/contract';
import { createFactorProjector, symmetricEigenvalues } from '@attribution-bench/numerics';
import { expectReference, fixtureTask, runMethod, type Setting } from '@attribution-bench/testkit';
import { expect, test } from 'vitest';
import trak from '../src/trak.js';

// Everything below is written out by itself: gradients of a small network by hand, projections as matrices, kernels
// solved by elimination, all in float64.
type Rows = number[][];
const [inputs, hidden, classes] = [6, 5, 3];
const [train, queries] = [28, 9];
const layers = [
  { width: inputs + 1, outputs: hidden, factored: true },
  { width: hidden + 1, outputs: classes, factored: true },
];
const sizes = layers.map(({ width, outputs }) => width * outputs);
const p = sizes[0] + sizes[1];

/** Numbers in (-1, 1) that look random. */
const numbers = (count: number, seed: number): Float32Array =>
  Float32Array.from(
    { length: count },
    (_, i) => 2 * ((Math.abs(Math.sin((i + 1) * 12.9898 + seed * 78.233)) * 43758.5) % 1) - 1,
  );
const labelsOf = (count: number) => Int32Array.from({ length: count }, (_, i) => (i * i + (i % 2)) % classes);
const points = {
  train: { x: numbers(train * inputs, 1), y: labelsOf(train) },
  queries: { x: numbers(queries * inputs, 2), y: labelsOf(queries) },
};
const checkpoints = [numbers(p, 3), numbers(p, 4)];
const setting = await fixtureTask({
  inputs: { shape: [train, inputs], data: points.train.x },
  labels: { shape: [train], data: points.train.y },
  queryInputs: { shape: [queries, inputs], data: points.queries.x },
  queryLabels: { shape: [queries], data: points.queries.y },
  classes,
  model: { use: 'mlp', hidden: [hidden] },
  checkpoints,
});

/** Gradients of the margin or of the loss, [points × p], and 1 - p of the label of each point. */
function explicit(output: 'margin' | 'loss', weights: Float32Array, { x, y }: typeof points.train) {
  const times = (vector: number[], offset: number, outputs: number) =>
    Array.from({ length: outputs }, (_, o) =>
      vector.reduce((sum, value, i) => sum + value * weights[offset + i * outputs + o], 0),
    );
  const doubts: number[] = [];
  const gradients = Array.from(y, (label, row) => {
    const input = [...x.subarray(row * inputs, (row + 1) * inputs), 1];
    const before = times(input, 0, hidden);
    const unit = [...before.map((value) => Math.max(0, value)), 1];
    const odds = times(unit, sizes[0], classes).map(Math.exp);
    const total = odds.reduce((sum, value) => sum + value, 0);
    doubts.push(1 - odds[label] / total);
    const delta = odds.map((value, j) => {
      if (output === 'loss') return value / total - Number(j === label);
      return j === label ? 1 : -value / (total - odds[label]);
    });
    const back = before.map((value, h) =>
      value > 0 ? delta.reduce((sum, d, j) => sum + d * weights[sizes[0] + h * classes + j], 0) : 0,
    );
    return [
      ...input.flatMap((value) => back.map((d) => value * d)),
      ...unit.flatMap((value) => delta.map((d) => value * d)),
    ];
  });
  return { gradients, doubts };
}

/** P, [p × columns], and how many columns each layer has. */
function matrixOf(projection: Projection): { readonly matrix: Rows; readonly shares: number[] } {
  const unit = (i: number) => Array.from({ length: p }, (_, j) => Number(i === j));
  if (projection.kind !== 'logra') return { matrix: Array.from({ length: p }, (_, i) => unit(i)), shares: sizes };
  const projector = createFactorProjector({ ...projection, kind: 'logra' }, layers);
  const matrix = Array.from({ length: p }, (_, parameter) => {
    const mapped: number[] = [];
    for (const [l, { width, outputs }] of layers.entries()) {
      const { left, right, ...sides } = projector.layers[l];
      const place = parameter - l * sizes[0];
      const [i, o] = [Math.floor(place / outputs), place % outputs];
      for (let r = 0; r < sides.inputs; r++)
        for (let c = 0; c < sides.outputs; c++) {
          const inside = place >= 0 && i < width;
          const byInput = left === undefined ? Number(i === r) : left[i * sides.inputs + r];
          const byDelta = right === undefined ? Number(o === c) : right[o * sides.outputs + c];
          mapped.push(inside ? byInput * byDelta : 0);
        }
    }
    const row = new Float32Array(projector.dim);
    projector.project(Float32Array.from(mapped), row);
    return [...row];
  });
  const first = matrix[0].length - Math.min(sizes[1], projection.layerDim ?? 0);
  return { matrix, shares: [first, matrix[0].length - first] };
}

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, i) => sum + value * b[i], 0);
const columnsOf = (rows: Rows) => rows[0].map((_, c) => rows.map((row) => row[c]));

/** Columns of A⁻¹B by elimination. */
function solved(a: Rows, b: Rows): Rows {
  const work = a.map((row, i) => [...row, ...b.map((column) => column[i])]);
  for (const [i, pivotRow] of work.entries()) {
    for (let j = i + 1; j < work.length; j++) {
      const factor = work[j][i] / pivotRow[i];
      work[j] = work[j].map((value, c) => value - factor * pivotRow[c]);
    }
  }
  return b.map((_, column) => {
    const x = new Array<number>(a.length).fill(0);
    for (let i = a.length - 1; i >= 0; i--)
      x[i] = (work[i][a.length + column] - dot(work[i].slice(0, a.length), x)) / work[i][i];
    return x;
  });
}

interface Params {
  readonly output: 'margin' | 'loss';
  readonly kernel: 'joint' | 'by-layer';
  readonly ridge: number;
  readonly queryMoments: number;
  readonly queryComponents: number;
  readonly unitNorm: boolean;
  readonly checkpoints: number;
}

/** Scores and self scores by the formulas of the README. */
function expected(params: Params, projections: readonly Projection[]) {
  const scores = new Float64Array(queries * train);
  const self = new Float64Array(train);
  const doubts = new Float64Array(train);
  for (const [c, projection] of projections.entries()) {
    const { matrix, shares } = matrixOf(projection);
    const parts = params.kernel === 'joint' ? [matrix[0].length] : shares;
    const featuresOf = (gradients: Rows) =>
      gradients.map((row) => columnsOf(matrix).map((column) => dot(row, column) / Math.sqrt(p)));
    const ofTrain = explicit(params.output, checkpoints[c], points.train);
    const phi = featuresOf(ofTrain.gradients);
    const phiQ = featuresOf(explicit(params.output, checkpoints[c], points.queries).gradients);
    for (const i of phi.keys()) doubts[i] += (params.output === 'loss' ? 1 : ofTrain.doubts[i]) / params.checkpoints;

    const partsOf = (rows: Rows) =>
      parts.map((count, l) => rows.map((row) => row.slice(l === 0 ? 0 : parts[0], l === 0 ? count : parts[0] + count)));
    const moments = (rows: Rows, factor: number) =>
      partsOf(rows).map((part) => columnsOf(part).map((a) => columnsOf(part).map((b) => factor * dot(a, b))));
    const own = moments(phi, 1);
    const theirs = moments(phiQ, train / queries);
    const eigenvalue = (matrices: Rows[]) =>
      matrices.flatMap((m) => [...symmetricEigenvalues(Float64Array.from(m.flat()), m.length)]).sort((a, b) => b - a)[
        params.queryComponents - 1
      ];
    const share =
      params.queryComponents === 0 ? params.queryMoments : eigenvalue(own) / (eigenvalue(own) + eigenvalue(theirs));
    /** ⟨a, (M + λI)⁻¹b⟩ of all pairs of rows. */
    const products = (a: Rows, b: Rows, s: number) => {
      const sums = a.map(() => b.map(() => 0));
      for (const [l, m] of own.entries()) {
        const mixed = m.map((row, i) => row.map((value, j) => (1 - s) * value + s * theirs[l][i][j]));
        const trace = mixed.reduce((sum, row, i) => sum + row[i], 0);
        const lambda = (params.ridge * trace) / Math.min(train, m.length);
        const ridged = mixed.map((row, i) => row.map((value, j) => value + (i === j ? lambda : 0)));
        const right = solved(ridged, partsOf(b)[l]);
        for (const [i, row] of partsOf(a)[l].entries()) for (const j of b.keys()) sums[i][j] += dot(row, right[j]);
      }
      return sums;
    };
    const cross = products(phiQ, phi, share);
    const [lengths, lengthsQ] = [phi, phiQ].map((rows) =>
      products(rows, rows, share).map((row, i) => Math.sqrt(row[i])),
    );
    for (let i = 0; i < scores.length; i++) {
      const [q, point] = [Math.floor(i / train), i % train];
      const divisor = params.unitNorm ? lengthsQ[q] * lengths[point] : 1;
      scores[i] += cross[q][point] / divisor / params.checkpoints;
    }
    for (const [i, row] of products(phi, phi, 0).entries()) self[i] += row[i] / params.checkpoints;
  }
  return {
    scores: scores.map((score, i) => score * doubts[i % train]),
    self: self.map((score, i) => score * doubts[i]),
  };
}

/** A setting that keeps the projection by which each checkpoint's gradients of training points are asked for. */
function recording({ task, ...rest }: Setting): { readonly setting: Setting; readonly asked: Projection[] } {
  const asked: Projection[] = [];
  const context: Setting['task']['context'] = (request) => {
    const ctx = task.context(request);
    return {
      ...ctx,
      gradients: (gradients) => {
        if (gradients.of === 'train' && gradients.projection !== undefined) asked.push(gradients.projection);
        return ctx.gradients(gradients);
      },
    };
  };
  return { setting: { ...rest, task: { ...task, context } }, asked };
}

const plain: Params & Record<string, unknown> = {
  output: 'margin',
  kernel: 'joint',
  ridge: 0.5,
  queryMoments: 0,
  queryComponents: 0,
  unitNorm: false,
  checkpoints: 1,
  layerColumns: 8,
};
const loGra = { output: 'loss', kernel: 'by-layer', projection: 'logra', ridge: 0.1 } as const;

test.each([
  ['LoGra', { ...plain, ...loGra }],
  ['TrackStar', { ...plain, ...loGra, queryComponents: 4, unitNorm: true, checkpoints: 2 }],
  ['whole layers', { ...plain, kernel: 'by-layer', projection: 'none' }],
  ['the loss alone', { ...plain, output: 'loss', projection: 'none' }],
  ['moments of queries alone', { ...plain, projection: 'none', queryMoments: 0.4, checkpoints: 2 }],
  ['unit length alone', { ...plain, projection: 'none', unitNorm: true }],
] as const)('%s: scores are those of explicit gradients, projections and kernels', async (_, params) => {
  const { setting: recorded, asked } = recording(setting);
  const { scores, selfInfluence = new Float32Array() } = await runMethod(trak, recorded, { params });
  const { scores: wanted, self } = expected(params, asked.slice(0, params.checkpoints));
  expectReference(scores, wanted, 2e-5);
  expectReference(selfInfluence, self, 2e-5);
});

test('says how many components second moments have', async () => {
  const params = { ...plain, ...loGra, queryComponents: 17 };
  await expect(runMethod(trak, setting, { params })).rejects.toThrow(
    /queryComponents is 17, and the second moments of the (queries|training points) have \d+ components/,
  );
});

test.each([
  [{ kernel: 'by-layer' }, /logra or none, not rademacher/],
  [{ queryMoments: 0.5, queryComponents: 3 }, /exclude each other/],
  [{ unitNorm: true, rescale: 'mean-abs-inverse' }, /joint kernel of the training points/],
])('skips %o', async (params, reason) => {
  await expect(runMethod(trak, setting, { params })).rejects.toThrow(reason);
});

test('the training side serves every setting of what only the solve reads', () => {
  const solve = ['ridge', 'ridgeUnit', 'queryMoments', 'queryComponents', 'unitNorm', 'rescale'];
  for (const stage of [trak.reads?.fit, trak.reads?.queries])
    expect(stage?.filter((name) => solve.includes(name))).toEqual([]);
});
