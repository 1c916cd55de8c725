import { hashJson } from '@attribution-bench/contract';
import type { Plan } from '../src/model/plan.js';
import type { PlannedStep } from '../src/model/step.js';

/**
 * A plan of a truth and nothing else: a data set, steps that retrain, and one that puts them together. Only what the scheduling
 * looks at is there.
 * @param perStep retrainings of a step
 */
export function planOfMany(retrainings: number, perStep: number, resultsFolder: string): Plan {
  const rule = { fraction: 0.5, seeds: 'drawn' };
  const source = { id: 'cifar', spec: { model: 'resnet9' } };
  const step = (kind: string, number: number, needs: readonly string[], rows: readonly number[]): PlannedStep => {
    const outputs = rows.map((row) => {
      const made = { step: kind, row, ...rule };
      return { kind, key: hashJson(made), made };
    }) as unknown as PlannedStep['outputs'];
    return {
      id: `${kind}:${outputs[0]?.key}`,
      kind,
      label: `${kind} cifar subset ${number}`,
      task: 'cifar',
      needs,
      outputs,
      job: { kind, task: source, rule, subsets: outputs } as unknown as PlannedStep['job'],
      status: 'missing',
      needed: true,
      reported: kind === 'truth',
      place: `${kind} ${number}`,
    };
  };
  const data = step('dataset', 0, [], [0]);
  const retrain = Array.from({ length: Math.ceil(retrainings / perStep) }, (_, n) => {
    const count = Math.min(perStep, retrainings - n * perStep);
    return step(
      'retrain',
      n,
      [data.id],
      Array.from({ length: count }, (_, i) => n * perStep + i),
    );
  });
  const truth = step(
    'truth',
    0,
    retrain.map(({ id }) => id),
    [0],
  );
  return {
    grid: { name: 'million', budget: {} },
    resultsFolder,
    environment: { cacheFolder: '/cache', offline: true },
    steps: [data, ...retrain, truth],
    tasks: [],
    cells: [],
    code: [],
  } as unknown as Plan;
}
