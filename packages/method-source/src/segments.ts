import type { Checkpoint, TaskInfo } from '@attribution-bench/contract';

/** A part of a training run. */
export interface Segment {
  /** Which of its run's it is. */
  readonly index: number;
  /** Under this name its curvature is kept. */
  readonly name: string;
  /** Models in it, the last one at its end. */
  readonly models: readonly Checkpoint[];
  /** Steps of its run before it, and at its end. */
  readonly from: number;
  readonly to: number;
  /** Learning rates of its steps added up, with SGD over 1 - momentum: by so much of a constant gradient it moves parameters. */
  readonly time: number;
}

/** The models of each run in as many segments as are asked for, or as there are models. */
export function segmentedRuns(trajectory: readonly Checkpoint[], task: TaskInfo, segments: number): Segment[][] {
  const runs = new Map<number, Checkpoint[]>();
  for (const model of trajectory) runs.set(model.run, [...(runs.get(model.run) ?? []), model]);
  return [...runs.values()].map((models) => {
    const count = Math.min(segments, models.length);
    const ends = Array.from({ length: count + 1 }, (_, l) => Math.round((l * models.length) / count));
    return Array.from({ length: count }, (_, index) => segmentOf(models, [ends[index], ends[index + 1]], index, task));
  });
}

function segmentOf(
  models: readonly Checkpoint[],
  [first, end]: readonly [number, number],
  index: number,
  { momentum = 0 }: TaskInfo,
): Segment {
  let time = 0;
  for (let i = first; i < end; i++) {
    const { step, learningRate } = models[i];
    // Between two models the learning rate is taken to change evenly.
    const before = models[i - 1] ?? { step: 0, learningRate };
    time += ((step - before.step) * (before.learningRate + learningRate)) / 2;
  }
  return {
    index,
    name: `${models[first].run}.${index}`,
    models: models.slice(first, end),
    from: models[first - 1]?.step ?? 0,
    to: models[end - 1].step,
    time: time / (1 - momentum),
  };
}
