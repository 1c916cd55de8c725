import { spawn } from 'node:child_process';

/**
 * The process between the bench and a program: leader of the group that the program is in. It starts the program, tells how
 * that ended, and takes the group with it when the bench is gone.
 */

/** What the guard is told: once. */
export interface GuardOrder {
  readonly argv: readonly string[];
  readonly cwd: string;
}

/** What it tells: once. */
export type GuardReport =
  | { readonly ended: true; readonly code: number | null; readonly signal: NodeJS.Signals | null }
  | { readonly ended: false; readonly reason: string };

/** Signals of a terminal or a cluster go to the bench, which decides. */
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

process.on('disconnect', () => {
  try {
    process.kill(-process.pid, 'SIGKILL');
  } catch {
    process.exit(1);
  }
});

process.once('message', ({ argv: [program, ...args], cwd }: GuardOrder) => {
  const tell = (report: GuardReport): void => void process.send?.(report);
  const { NODE_CHANNEL_FD: _, NODE_CHANNEL_SERIALIZATION_MODE: __, ...env } = process.env;
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'inherit', 'inherit'] });
  child.once('error', (error) => tell({ ended: false, reason: error.message }));
  child.once('exit', (code, signal) => tell({ ended: true, code, signal }));
});
