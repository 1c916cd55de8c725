import { checkParams, narrowContext } from '@attribution-bench/contract';
import { type Figure, millisecondsOf } from './figures.js';
import { ownMethod } from './own-method.js';
import { drawnContext, openDrawn } from './tasks.js';

interface Case {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly name: string;
  readonly model: Readonly<Record<string, unknown>>;
  readonly inputShape: readonly number[];
  readonly train: number;
  readonly queries: number;
}

const ekfac = { method: 'influence', params: { solver: 'ekfac' } } as const;
const mlp = { name: 'mlp 784-128-10', model: { use: 'mlp', hidden: [128] }, inputShape: [28, 28, 1] } as const;
const resnet9 = {
  name: 'resnet9, 16 filters',
  model: { use: 'resnet9', width: 16, groups: 8 },
  inputShape: [32, 32, 3],
};
const cases: readonly Case[] = [
  { ...ekfac, ...mlp, train: 5000, queries: 500 },
  { ...ekfac, ...resnet9, train: 500, queries: 50 },
  { method: 'knn-shapley', params: { space: 'inputs' }, ...mlp, train: 10_000, queries: 1000 },
];

/** Whole methods on drawn images, each once: processor time of everything that they do with a trained model. */
export async function measureAttribution(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const { method: use, params: given, name, model, inputShape, train, queries } of cases) {
    const method = await ownMethod(use);
    const checked = checkParams(method.params, given);
    if (!checked.ok) throw new Error(checked.problems.map(({ message }) => message).join('; '));
    const { params } = checked;
    const task = await openDrawn(model, inputShape, train, queries);
    const context = narrowContext(drawnContext(task), method.needs);
    const milliseconds = await millisecondsOf(async () => {
      const state = await method.fit(context, params);
      await method.score(context, params, state, await method.queries(context, params));
    });
    const settings = { ...given, model: name, n: train, q: queries };
    figures.push({ what: use, settings: { ...settings }, value: milliseconds / 1000, unit: 's' });
    await task.release();
  }
  return figures;
}
