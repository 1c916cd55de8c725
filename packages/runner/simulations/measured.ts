/**
 * What the parts of a run on Slurm cost, measured on 29 November 2026 on the cluster of test/slurm/kit (Slurm 22.05.8, two processors
 * of an AMD EPYC that others used too, Node.js 20): file operations by `strace -f -y` of a task of 64 steps of 16 retrainings,
 * counted by path.
 */
export const measured = {
  /** Processor seconds of a task that finds everything done, and of the first use of the engine in its worker. */
  startSeconds: 3.5,
  /** Operations of a task before its first step: 2,280 files opened and 1,700 paths looked at of the clone; events, pack, claims. */
  startOperations: { clone: 3980, results: 60 },
  /** Operations of a step on the results folder: 12 for its claim, 7 and 4 for notes of its place and cost, 2 for events. */
  stepOperations: 25,
  /** Operations for each file that is stored: made under another name, written, synced, renamed, its folder synced. */
  fileOperations: 13,
  /** Operations to find steps to take from another task: its pack is read, and a step of each of eight stretches looked at. */
  stealOperations: 19,
  /** Operations to renew a claim, and how often that is. */
  renewOperations: 6,
  renewSeconds: 15,
  /** Operations of the watching command on a task that runs, at each look: its events are opened, read and closed. */
  lookOperations: 4,
  /** Seconds and bytes of squeue for each task that it lists: 3,003 took 0.02 to 0.05 s. */
  squeueSeconds: 0.000015,
  squeueBytes: 70,
  /** Seconds of one sbatch of an array of 1,001. */
  sbatchSeconds: 0.015,
} as const;

export type Measured = { readonly [name in keyof typeof measured]: (typeof measured)[name] };
