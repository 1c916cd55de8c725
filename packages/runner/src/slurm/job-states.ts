import { runSlurm } from './slurm-program.js';

/** What Slurm says of a task of an array. */
export interface TaskState {
  /** Id of the array. */
  readonly job: string;
  /** In capitals: PENDING, RUNNING, COMPLETED, NODE_FAIL, ... */
  readonly state: string;
  /** Where it runs or ran; empty before. */
  readonly node: string;
  /** Why it is pending; empty where that is not known. */
  readonly reason: string;
}

/** States of tasks by {@link taskName}. */
export type TaskStates = ReadonlyMap<string, TaskState>;

/** Names a task of an array by the name of its jobs. */
export function taskName(name: string, index: number): string {
  return `${name} ${index}`;
}

const liveStates = new Set([
  'PENDING',
  'RUNNING',
  'SUSPENDED',
  'COMPLETING',
  'CONFIGURING',
  'REQUEUED',
  'REQUEUE_FED',
  'REQUEUE_HOLD',
  'RESIZING',
  'RESV_DEL_HOLD',
  'SIGNALING',
  'SPECIAL_EXIT',
  'STAGE_OUT',
  'STOPPED',
]);

/** Whether a task has not ended, or will begin again. */
export function isLive({ state }: Pick<TaskState, 'state'>): boolean {
  return liveStates.has(state);
}

/** How a task ended that {@link isHeldBySlurm}, in the manner of Slurm's own states. */
export const launchFailed = 'LAUNCH_FAILED';

/**
 * Whether Slurm could not start a task and holds it until an administrator releases it, as after a controller that died forgot
 * that the task was running.
 */
export function isHeldBySlurm({ reason }: Pick<TaskState, 'reason'>): boolean {
  return reason.startsWith('launch failed requeued held');
}

const queueFormat = '%j|%K|%F|%T|%N|%r';

/** Tasks of the named jobs that Slurm still knows, those that ended a moment ago among them, by one question. @throws BenchError */
export async function askQueue(names: readonly string[]): Promise<TaskStates> {
  if (names.length === 0) return new Map();
  return parseQueue(
    await runSlurm('squeue', [
      '--noheader',
      '--array',
      '--states=all',
      `--name=${names.join(',')}`,
      `--format=${queueFormat}`,
    ]),
  );
}

/** What accounting keeps of tasks; nothing where there is none. */
export async function askAccounting(names: readonly string[]): Promise<TaskStates> {
  if (names.length === 0) return new Map();
  const format = '--format=JobName,JobID,State,NodeList';
  const args = ['--noheader', '--parsable2', '--allocations', '--starttime=now-30days', `--name=${names.join(',')}`];
  return runSlurm('sacct', [...args, format]).then(parseAccounting, () => new Map());
}

/** What squeue prints with `%j|%K|%F|%T|%N|%r`, a line a task. */
export function parseQueue(text: string): TaskStates {
  return new Map(
    text.split('\n').flatMap((line) => {
      const [name, index, job, state, node, ...reason] = line.split('|');
      if (!/^\d+$/.test(index ?? '') || state === undefined) return [];
      return [[taskName(name, Number(index)), { job, state, node: nodeOf(node), reason: reason.join('|') }] as const];
    }),
  );
}

/** What sacct prints with `--parsable2 --format=JobName,JobID,State,NodeList`. Tasks that have not begun are ranges, and left out. */
export function parseAccounting(text: string): TaskStates {
  return new Map(
    text.split('\n').flatMap((line) => {
      const [name, id, state, node] = line.split('|');
      const [, job, index] = /^(\d+)_(\d+)$/.exec(id ?? '') ?? [];
      if (index === undefined || state === undefined) return [];
      // A cancelled one says by whom after its state.
      const [word] = state.split(' ');
      return [[taskName(name, Number(index)), { job, state: word, node: nodeOf(node), reason: '' }] as const];
    }),
  );
}

function nodeOf(field = ''): string {
  return /^(\(null\)|n\/a|None assigned)?$/i.test(field) ? '' : field;
}
