import { choices } from '@attribution-bench/contract';
import type { Engine } from '@attribution-bench/tfjs-onnx';
import { defaultCacheFolder } from './cache-folder.js';
import { classifier } from './classifier/classifier.js';
import { createContext } from './context.js';
import { normalisationOf } from './data/normalisation.js';
import type { DataEnvironment, TaskData } from './data/task-data.js';
import { generator } from './generator/generator.js';
import { createEvaluator } from './passes/evaluator.js';
import { regressor } from './regressor/regressor.js';
import type { TaskSpec } from './spec.js';
import { modelsAtOnce } from './stack.js';
import type { Task } from './task.js';
import { taskInfo } from './task-info.js';
import { openTrainer, type Trainer } from './training/trainer.js';
import { createUnroller } from './training/unrolling.js';

const kinds = choices('kind', { classifier, regressor, generator });
const contexts = choices('service', { context: createContext, unroll: createUnroller });

/**
 * Opens a task. Graphs are compiled when first needed.
 * @param data what {@link prepareData} gave for the same spec and `generateQueries` made of it. Without the generated
 * queries per task can be described and trained; explaining it is a RangeError.
 * @param environment where feature extractors that a method names are downloaded to
 */
export async function openTask(
  spec: TaskSpec,
  data: TaskData,
  engine: Engine,
  environment: DataEnvironment = { cacheFolder: defaultCacheFolder(), log() {} },
): Promise<Task> {
  const kind = kinds[spec.kind](spec, data, engine);
  const { subject, objective, targetPass } = kind;
  const info = taskInfo(spec, data, subject.architecture);
  const stack = modelsAtOnce(subject.network, info.parameters);
  const evaluator = createEvaluator(engine, subject);
  const { right } = kind;
  const trainers = new Map<number, Promise<Trainer>>();
  const trainerOf = (models: number): Promise<Trainer> => {
    const known = trainers.get(models);
    if (known !== undefined) return known;
    const opened = openTrainer(engine, objective, models);
    trainers.set(models, opened);
    return opened;
  };
  const requireQueries = () => {
    const found = subject.count('queries');
    if (found !== info.queries) throw new RangeError(`the data has ${found} queries, the task ${info.queries}`);
  };
  const train: Task['train'] = async (request) => {
    const whole = request.runs.every(({ members }) => members === undefined);
    return (await trainerOf(whole ? 1 : stack)).train(request);
  };
  const queryTargets: Task['queryTargets'] = async (parameters) => {
    requireQueries();
    return evaluator.outputs(parameters, { of: 'queries', output: 'target', pass: targetPass }, stack);
  };
  return {
    info,
    stack,
    layers: subject.architecture.calls,
    train,
    queryTargets,
    ...(right === undefined
      ? {}
      : {
          async queryRight(parameters) {
            requireQueries();
            return right(evaluator, parameters, stack);
          },
        }),
    sanity: (parameters) => kind.sanity(evaluator, parameters),
    ...(kind.generate === undefined ? {} : { generate: kind.generate }),
    context(request) {
      requireQueries();
      const { replay, likelihood, samplingPass } = kind;
      const unroll = contexts.unroll(engine, { subject, objective, targetPass });
      const normalisation = normalisationOf(spec, true);
      const parts = { info, data, normalisation, subject, evaluator, replay, likelihood, samplingPass, environment };
      return contexts.context({ ...parts, unroll, train, queryTargets }, request);
    },
    async release() {
      await evaluator.release();
      await kind.release();
      for (const trainer of trainers.values()) await (await trainer).release();
      trainers.clear();
    },
  };
}
