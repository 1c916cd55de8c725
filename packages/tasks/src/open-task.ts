import type { Engine } from '@attribution-bench/tfjs-onnx';
import { classifierObjective } from './classifier/objective.js';
import { classifierReplayable } from './classifier/replayable.js';
import { classifierSubject, lead } from './classifier/subject.js';
import { createContext } from './context.js';
import type { TaskData } from './data/task-data.js';
import { createEvaluator } from './passes/evaluator.js';
import type { TaskSpec } from './spec.js';
import { modelsAtOnce } from './stack.js';
import type { Task } from './task.js';
import { taskInfo } from './task-info.js';
import { createReplayer } from './training/replay.js';
import { openTrainer, type Trainer } from './training/trainer.js';

/** Opens a task on the data that {@link prepareData} gave for the same spec. Graphs are compiled when first needed. */
export async function openTask(spec: TaskSpec, data: TaskData, engine: Engine): Promise<Task> {
  const subject = classifierSubject(spec, data);
  const objective = classifierObjective(subject, data, spec.training);
  const info = taskInfo(spec, data, subject.architecture);
  const stack = modelsAtOnce(info.parameters);
  const evaluator = createEvaluator(engine, subject);
  const replay = createReplayer(engine, classifierReplayable(subject, objective, data));
  const trainers = new Map<number, Promise<Trainer>>();
  const trainerOf = (models: number): Promise<Trainer> => {
    const known = trainers.get(models);
    if (known !== undefined) return known;
    const opened = openTrainer(engine, objective, models);
    trainers.set(models, opened);
    return opened;
  };
  return {
    info,
    stack,
    async train(request) {
      const whole = request.runs.every(({ members }) => members === undefined);
      return (await trainerOf(whole ? 1 : stack)).train(request);
    },
    queryTargets: (parameters) => evaluator.outputs(parameters, { of: 'queries', output: 'target' }, stack),
    async sanity(parameters) {
      const [losses] = await evaluator.outputs([parameters], { of: 'train', output: 'loss' });
      const [train] = await evaluator.outputs([parameters], { of: 'train', output: lead });
      const [queries] = await evaluator.outputs([parameters], { of: 'queries', output: lead });
      return { trainLoss: mean(losses), trainAccuracy: shareAboveZero(train), queryAccuracy: shareAboveZero(queries) };
    },
    context: (request) => createContext(info, data, evaluator, replay, request),
    async release() {
      await evaluator.release();
      for (const trainer of trainers.values()) await (await trainer).release();
      trainers.clear();
    },
  };
}

function mean(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function shareAboveZero(values: Float32Array): number {
  return values.reduce((count, value) => count + (value > 0 ? 1 : 0), 0) / values.length;
}
