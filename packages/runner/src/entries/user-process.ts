import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Cancelled, type CancelSignal, type Method, type Metric, toPlainError } from '@attribution-bench/contract';
import { importAuthored } from '@attribution-bench/tasks/authored';
import type { Asked, Question, Told, UserModule } from '../isolation/messages.js';
import { declarationOf } from '../methods/declaration.js';
import { metricDeclarationOf } from '../metrics/declaration.js';
import type { WorkMessage } from '../model/work.js';

/**
 * The process in which user code runs. It does what it is asked, one question after the other, until it is ended. What only some
 * questions need is loaded when they are asked: saying what a method declares takes no TensorFlow.js.
 */
const newestToStop = new Int32Array(new SharedArrayBuffer(4));
const watchdog = new Worker(new URL('./watchdog.js', import.meta.url), { workerData: newestToStop });
let current = 0;

/** Signals of a terminal or a cluster go to the bench, which decides. */
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

/** What is thrown outside of a method's functions, in a timer or a promise that nobody waits for. */
process.on('uncaughtException', (error) => {
  const { message, ...rest } = toPlainError(error);
  const failure = { ...rest, message: `threw outside of any awaited call: ${message}` };
  const told: Told = { number: current, type: 'failure', error: failure };
  process.send?.(told, () => process.exit(1));
});

const online = once(watchdog, 'online');
process.on('message', (asked: Asked) => {
  void online.then(() => respond(asked));
});

async function respond({ number, question }: Asked): Promise<void> {
  current = number;
  const tell = (told: Told): void => void process.send?.(told);
  try {
    tell({ number, type: 'answer', answer: await answer(question, number, tell) });
  } catch (error) {
    tell({ number, type: 'failure', error: toPlainError(error) });
  }
}

async function answer(question: Question, number: number, tell: (told: Told) => void): Promise<unknown> {
  switch (question.ask) {
    case 'start':
      return;
    case 'load':
      return load(question.module);
    case 'uses':
      return (await methodOf(question.module)).uses(question.params);
    case 'supports':
      return (await methodOf(question.module)).supports(question.task, question.params);
    case 'adapted':
      return (await methodOf(question.module)).adapted?.(question.task, question.params);
    case 'question':
      return (await metricOf(question.module)).question?.(question.params, question.of);
    case 'fingerprint': {
      const { dataFingerprint } = await import('@attribution-bench/tasks');
      return dataFingerprint(question.spec);
    }
    case 'export': {
      const { openStore } = await import('@attribution-bench/store');
      const { writeExport } = await import('../steps/write-export.js');
      const store = openStore(question.storeLocation, undefined, { moves: false });
      const { processPoints } = await import('../executors/local/process-points.js');
      return writeExport(question.job, store, processPoints, stopSignal(number));
    }
    case 'prepare':
      await import('../executors/local/do-work.js');
      return process.memoryUsage.rss();
    case 'step': {
      const { doWork } = await import('../executors/local/do-work.js');
      const post = (message: WorkMessage) => tell({ number, type: 'message', message });
      const { processPoints } = await import('../executors/local/process-points.js');
      return doWork(question.work, stopSignal(number), post, { points: processPoints, besideUserCode: true });
    }
  }
}

async function load(module: UserModule): Promise<unknown> {
  switch (module.kind) {
    case 'method':
      return declarationOf(await methodOf(module));
    case 'metric':
      return metricDeclarationOf(await metricOf(module));
    default: {
      const { declareOwnPart } = await import('@attribution-bench/tasks');
      return declareOwnPart(module.kind, module.file);
    }
  }
}

async function methodOf({ file, use }: UserModule): Promise<Method> {
  return (await importAuthored('method', file, use)) as Method;
}

async function metricOf({ file, use }: UserModule): Promise<Metric> {
  return (await importAuthored('metric', file, use)) as Metric;
}

/** Raised when the bench wants the question to stop, whether or not this thread ever listens to messages. */
function stopSignal(number: number): CancelSignal {
  return {
    get aborted() {
      return Atomics.load(newestToStop, 0) === number;
    },
    throwIfAborted() {
      if (this.aborted) throw new Cancelled();
    },
  };
}
