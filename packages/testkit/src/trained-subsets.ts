import { canonicalJson, type Json, type SubsetDesign, type SubsetOutcomes } from '@attribution-bench/contract';
import { drawSubset, type SubsetModel, seriesOf, trainOnSubsets } from '@attribution-bench/tasks';
import { neverCancelled, type Setting } from './setting.js';

const known = new WeakMap<Setting['task'], Map<string, Promise<SubsetOutcomes>>>();

/** What training on the subsets of a design came to, as the harness gives it to a method; trained once for each setting. */
export function trainedSubsets(setting: Setting, design: SubsetDesign): Promise<SubsetOutcomes> {
  const { task } = setting;
  const ofTask = known.get(task) ?? new Map<string, Promise<SubsetOutcomes>>();
  known.set(task, ofTask);
  const name = canonicalJson({ ...design } as Json);
  const outcomes = ofTask.get(name) ?? train(setting, design);
  ofTask.set(name, outcomes);
  return outcomes;
}

async function train({ spec, task }: Setting, design: SubsetDesign): Promise<SubsetOutcomes> {
  const { stack, info } = task;
  const scope = { gridSeed: spec.seed, taskKey: spec.id, methodSeed: 0, train: info.train, stack };
  const members: Int32Array[] = [];
  const models: SubsetModel[] = [];
  for (const { kind, count } of seriesOf(design, info.train)) {
    const subsets = Array.from({ length: count }, (_, index) => index);
    members.push(...subsets.map((subset) => drawSubset(kind, subset, scope).members));
    for (let first = 0; first < count; first += stack) {
      const group = subsets.slice(first, first + stack);
      models.push(...(await trainOnSubsets(task, kind, group, scope, { cancel: neverCancelled })));
    }
  }
  const targets = new Float64Array(models.length * info.queries);
  for (const [row, model] of models.entries()) targets.set(model.targets, row * info.queries);
  if (design.draw !== 'bootstrap') return { members, targets };
  const onTrain = new Float32Array(models.length * info.train);
  for (const [row, model] of models.entries()) onTrain.set(model.onTrain ?? [], row * info.train);
  return { members, targets, onTrain };
}
