import { BenchError, didYouMean, type MeasuredTask, type ParamSpecs, type Params } from '@attribution-bench/contract';
import { metrics } from '@attribution-bench/metrics';
import { locateModule, readCode, readPackage } from '@attribution-bench/tasks';
import { answerMs } from '../isolation/limits.js';
import { declarationIn, loadModule } from '../isolation/load-module.js';
import type { UserModule } from '../isolation/messages.js';
import { startUserProcess } from '../isolation/user-process.js';
import type { LoadedMetric } from '../model/grid.js';
import type { MetricDeclaration } from '../model/metric-declaration.js';
import { metricDeclarationOf } from './declaration.js';

/**
 * Loads what `use:` of a grid names: a metric of this project by id, any installed package by name, or a module by its path. A
 * user's metric is asked, and later run, in a process of its own.
 * @param folder that relative paths start from, and whose `node_modules` are searched first
 * @throws BenchError MODULE_*, or USER_CODE_* where a user's module ends its process or does not come to its end
 */
export async function loadMetric(use: string, folder: string): Promise<LoadedMetric> {
  if (Object.hasOwn(metrics, use)) {
    const metric = metrics[use];
    return {
      metric: metricDeclarationOf(metric),
      code: readPackage('@attribution-bench/metrics', { names: ['metrics'], used: { metric: [use] } }),
      question: async (params, of) => metric.question?.(params, of),
    };
  }
  const place = locateModule('metric', use, folder);
  if (place === undefined) throw unknown(use);
  const module: UserModule = { kind: 'metric', use, file: place.file };
  const declared = (await declarationIn(module)) as MetricDeclaration;
  if (Object.hasOwn(metrics, declared.id))
    throw new BenchError({
      code: 'MODULE_INVALID',
      message: `metric "${use}" has the id "${declared.id}" of a metric of this project`,
      next: 'give it another id',
    });
  if (declared.retrains !== declared.needs.includes('retraining'))
    throw new BenchError({
      code: 'MODULE_INVALID',
      message: `metric "${use}" ${declared.retrains ? "has retrainings and does not need 'retraining'" : "needs 'retraining' and has no retrainings"}`,
      next: 'the two go together',
    });
  return {
    metric: declared,
    file: place.file,
    code: readCode(place.file, place.self),
    question: (params, of) => askQuestion(module, params, of),
  };
}

async function askQuestion(
  module: UserModule,
  params: Params<ParamSpecs>,
  of: MeasuredTask,
): Promise<string | undefined> {
  const process = startUserProcess();
  try {
    await loadModule(process, module);
    const answer = await process.ask({ ask: 'question', module, params, of }, { limitMs: answerMs });
    if (answer === undefined || typeof answer === 'string') return answer;
    throw new Error(`returned ${JSON.stringify(answer)}`);
  } catch (error) {
    throw new BenchError({
      code: 'METRIC_ANSWER',
      place: `metric "${module.use}"`,
      message: `question(): ${error instanceof Error ? error.message : String(error)}`,
      next: 'return a sentence without its question mark',
      cause: error,
    });
  } finally {
    process.end();
  }
}

function unknown(use: string): BenchError {
  const known = Object.keys(metrics);
  return new BenchError({
    code: 'MODULE_UNKNOWN',
    message: `there is no metric "${use}"`,
    next: didYouMean(use, known, `known: ${known.join(', ')}; others need their package installed or a path`),
  });
}
