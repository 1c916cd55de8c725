import type { CancelSignal } from '@attribution-bench/contract';
import type { Engine } from '@attribution-bench/tfjs-onnx';
import { rowRanges } from '../passes/row-ranges.js';
import { modelsAtOnce } from '../stack.js';
import { chunkSteps, runSteps } from './run-steps.js';
import { trainingSpec, trainingStep, yieldedParameters } from './training-step.js';
import type { TrainedOn, Unrollable } from './unrolling.js';
import { weightedObjective } from './weighted-objective.js';

/** Models of training runs with weights of the points, [rows × points]. */
export type Reweighter = (
  run: Pick<TrainedOn, 'seed'>,
  weights: Float32Array,
  cancel: CancelSignal,
) => Promise<Float32Array[]>;

/** Does a training run again with other weights of the points, see {@link weightedObjective}; several at once where models stack. */
export function createReweighter(
  engine: Engine,
  { subject, objective }: Pick<Unrollable, 'subject' | 'objective'>,
): Reweighter {
  const { points } = objective;
  return async (run, weights, cancel) => {
    const rows = weights.length / points;
    const models = Math.min(rows, modelsAtOnce(subject.network, subject.architecture.size));
    const weighted = (first: number) => {
      const group = new Float32Array(models * points).fill(1);
      group.set(weights.subarray(first * points, (first + models) * points));
      return weightedObjective(objective, group);
    };
    const { losses, sharedSpecs } = weighted(0);
    const compiled = { ...objective, losses, sharedSpecs };
    const program = await engine.scan(
      ({ carry, each, shared }) => ({ carry: trainingStep(compiled, carry, { ...each, ...shared }).carry }),
      trainingSpec(compiled, models),
    );
    try {
      const trained: Float32Array[] = [];
      for (const { start, count } of rowRanges(rows, models)) {
        const runs = Array.from({ length: models }, () => run);
        const chunk = chunkSteps(objective, models);
        let group: Float32Array[] = [];
        for await (const { outputs } of runSteps(program, weighted(start), runs, { chunk, cancel })) {
          group = runs.map((_, m) => yieldedParameters(objective, outputs, m));
        }
        trained.push(...group.slice(0, count));
      }
      return trained;
    } finally {
      await program.release();
    }
  };
}
