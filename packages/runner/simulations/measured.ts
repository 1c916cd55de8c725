/**
 * What the parts of a run on Slurm cost, as measured on the cluster of test/slurm/kit (Slurm 22.05.8, two processors of an AMD
 * EPYC that others used too, Node.js 20). `simulations/README.md` says how to measure them elsewhere.
 */
export const measured = {
  /** Processor seconds of a task before its first step: Node.js, the engine, the worker, opening the task. */
  startSeconds: 2.5,
  /** File operations of a task before its first step: on the clone, and on the results folder beside its pack. */
  startOperations: { clone: 2000, results: 60 },
  /** File operations of a step on the results folder: claim, result, cost, note of its place, events. */
  stepOperations: 40,
  /** Renewing a claim, every 15 s. */
  renewOperations: 6,
  renewSeconds: 15,
  /** What the watching command does to a task that runs, at each look. */
  lookOperations: 4,
  /** Seconds and bytes of squeue for each task that it lists. */
  squeueSeconds: 0.00001,
  squeueBytes: 60,
  /** Seconds of one sbatch, whatever the size of the array. */
  sbatchSeconds: 0.05,
} as const;

export type Measured = { readonly [name in keyof typeof measured]: (typeof measured)[name] };
