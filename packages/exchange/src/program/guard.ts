import { spawn } from 'node:child_process';
import { familyOf, familyVariable } from './family.js';

/**
 * The process between the bench and a program: leader of the group that the program is in. It starts the program, tells how
 * that ended, and ends all that the program started when the bench is gone.
 */

/** What the guard is told: once. */
export interface GuardOrder {
  readonly argv: readonly string[];
  readonly cwd: string;
}

/** What it tells: once. */
export type GuardReport =
  | {
      readonly ended: true;
      readonly code: number | null;
      readonly signal: NodeJS.Signals | null;
      /** From its start to its end. */
      readonly seconds: number;
    }
  | { readonly ended: false; readonly reason: string };

/** Signals of a terminal or a cluster go to the bench, which decides. */
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

process.once('message', ({ argv: [program, ...args], cwd }: GuardOrder) => {
  process.on('disconnect', () => familyOf(process.pid, process.env[familyVariable] ?? '', cwd).end());
  const tell = (report: GuardReport): void => void process.send?.(report);
  const { NODE_CHANNEL_FD: _, NODE_CHANNEL_SERIALIZATION_MODE: __, ...env } = process.env;
  const start = performance.now();
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'inherit', 'inherit'] });
  child.once('error', (error) => tell({ ended: false, reason: error.message }));
  child.once('exit', (code, signal) =>
    tell({ ended: true, code, signal, seconds: (performance.now() - start) / 1000 }),
  );
});
