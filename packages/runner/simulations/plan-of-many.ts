import { hashJson } from '@attribution-bench/contract';
import type { Plan } from '../src/model/plan.js';
import type { PlannedStep } from '../src/model/step.js';

/**
 * A plan of truths and nothing else: for each a data set, steps that retrain, and one that puts them together. Only what the
 * scheduling looks at is there.
 * @param perStep retrainings of a step
 */
export function planOfMany(truths: number, retrainings: number, perStep: number, resultsFolder: string): Plan {
  const rule = { fraction: 0.5, seeds: 'drawn' };
  const source = { id: 'cifar', spec: { model: 'resnet9' } };
  const step = (
    kind: string,
    task: number,
    number: number,
    needs: readonly string[],
    rows: readonly number[],
  ): PlannedStep => {
    const outputs = rows.map((row) => {
      const made = { step: kind, task, row, ...rule };
      return { kind, key: hashJson(made), made };
    }) as unknown as PlannedStep['outputs'];
    return {
      id: `${kind}:${outputs[0]?.key}`,
      kind,
      label: `${kind} cifar-${task} subset ${number}`,
      task: `cifar-${task}`,
      needs,
      outputs,
      job: { kind, task: source, rule, subsets: outputs } as unknown as PlannedStep['job'],
      status: 'missing',
      needed: true,
      reported: kind === 'truth',
      place: `${kind} ${task} ${number}`,
    };
  };
  const each = Math.ceil(retrainings / truths);
  const steps = Array.from({ length: truths }, (_, task) => {
    const data = step('dataset', task, 0, [], [0]);
    const retrain = Array.from({ length: Math.ceil(each / perStep) }, (_, n) => {
      const count = Math.min(perStep, each - n * perStep);
      const rows = Array.from({ length: count }, (_, i) => n * perStep + i);
      return step('retrain', task, n, [data.id], rows);
    });
    const ids = retrain.map(({ id }) => id);
    return [data, ...retrain, step('truth', task, 0, ids, [0])];
  });
  return {
    grid: { name: 'million', budget: {} },
    resultsFolder,
    environment: { cacheFolder: '/cache', offline: true },
    storeLocation: `${resultsFolder}/store`,
    steps: steps.flat(),
    tasks: [],
    cells: [],
    code: [],
  } as unknown as Plan;
}
