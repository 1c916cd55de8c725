import { Cancelled, type CancelSignal } from '@attribution-bench/contract';
import { openStore } from '@attribution-bench/store';
import { processPoints } from '../executors/local/process-points.js';
import { graceMs } from '../isolation/limits.js';
import { loadModule } from '../isolation/load-module.js';
import type { UserModule } from '../isolation/messages.js';
import { networkModules } from '../isolation/user-code.js';
import { startUserProcess } from '../isolation/user-process.js';
import { type ExportJob, writeExport } from '../steps/write-export.js';
import type { ExportPlan } from './plan-export.js';

export interface ExportOptions {
  /** Whether what the folder holds goes. */
  readonly replace: boolean;
  readonly cancel: AbortSignal;
}

/**
 * Writes a task, whose steps are done, into a folder; in a process of its own where its network is a user's.
 * @throws BenchError STORE_* where a step is not done or the folder cannot be written, USER_CODE_*; Cancelled
 */
export async function exportTask(planned: ExportPlan, folder: string, options: ExportOptions): Promise<void> {
  const { plan, source, models, truth } = planned;
  const { replace, cancel } = options;
  const location = plan.storeLocation;
  const job: ExportJob = {
    source,
    models,
    folder,
    replace,
    ...(truth && { truth: { key: truth.key, rule: truth.rule, output: truth.output, tune: truth.tune } }),
  };
  const modules = networkModules(source.spec);
  if (modules.length === 0) await writeExport(job, openStore(location), processPoints, signalOf(cancel));
  else await exportElsewhere(job, location, modules, cancel);
}

/** Has a process with user code write a task; it is ended when it does not stop when told to. */
async function exportElsewhere(
  job: ExportJob,
  storeLocation: string,
  modules: readonly UserModule[],
  cancel: AbortSignal,
): Promise<void> {
  const process = startUserProcess({ storeLocation });
  let grace: NodeJS.Timeout | undefined;
  const stop = (): void => {
    process.stop();
    grace = setTimeout(() => process.end(), graceMs);
  };
  cancel.addEventListener('abort', stop);
  try {
    await process.ask({ ask: 'prepare' });
    for (const module of modules) await loadModule(process, module);
    if (cancel.aborted) throw new Cancelled();
    await process.ask({ ask: 'export', job, storeLocation });
  } catch (error) {
    throw cancel.aborted ? new Cancelled() : error;
  } finally {
    cancel.removeEventListener('abort', stop);
    clearTimeout(grace);
    process.end();
  }
}

function signalOf(signal: AbortSignal): CancelSignal {
  return {
    get aborted() {
      return signal.aborted;
    },
    throwIfAborted() {
      if (signal.aborted) throw new Cancelled();
    },
  };
}
