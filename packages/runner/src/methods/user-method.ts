import { BenchError, type ParamSpecs, type Params, type TaskInfo, type UsedModels } from '@attribution-bench/contract';
import { answerMs } from '../isolation/limits.js';
import { loadModule } from '../isolation/load-module.js';
import type { Question, UserModule } from '../isolation/messages.js';
import { isUserCodeFailure } from '../isolation/user-code-failure.js';
import { startUserProcess, type UserProcess } from '../isolation/user-process.js';
import type { LoadedMethod } from '../model/grid.js';
import type { MethodDeclaration } from '../model/method-declaration.js';

/** What a user's method says of itself, asked in a process of its own that ends when nothing more is asked for a while. */
export type UserMethod = Pick<LoadedMethod, 'method' | 'uses' | 'supports' | 'adapted'>;

const idleMs = 1000;

/**
 * @param file of its module
 * @throws BenchError MODULE_* as a method of this project would, or USER_CODE_* where its process
 * did not live to answer
 */
export async function askUserMethod(file: string, use: string): Promise<UserMethod> {
  const module: UserModule = { kind: 'method', use, file };
  let process: UserProcess | undefined;
  let queue: Promise<unknown> = Promise.resolve();
  let idle: NodeJS.Timeout | undefined;

  /** Asks when everything before is answered. */
  const inTurn = <T>(ask: (process: UserProcess) => Promise<T>): Promise<T> => {
    const answer = queue.then(async () => {
      clearTimeout(idle);
      const asked = process?.alive === true ? process : startUserProcess();
      process = asked;
      try {
        return await ask(asked);
      } finally {
        idle = setTimeout(() => {
          // Nothing more is asked of a process that is being ended, which it is some time before it is gone.
          process = undefined;
          asked.end();
        }, idleMs).unref();
      }
    });
    queue = answer.catch(() => undefined);
    return answer;
  };

  const answered = async <T>(
    question: Question & { ask: 'uses' | 'supports' | 'adapted' },
    isRight: (answer: unknown) => answer is T,
  ): Promise<T> => {
    const answer = await inTurn((asked) => asked.ask(question, { limitMs: answerMs })).catch((error: unknown) => {
      throw new BenchError({
        code: 'METHOD_ANSWER',
        message: `${question.ask}() ${error instanceof BenchError && isUserCodeFailure(error) ? '' : 'threw: '}${(error as Error).message}`,
        cause: error,
      });
    });
    if (isRight(answer)) return answer;
    throw new BenchError({
      code: 'METHOD_ANSWER',
      message: `${question.ask}() returned ${JSON.stringify(answer)}`,
      next: 'see the types of @attribution-bench/contract',
    });
  };

  const declared = await inTurn((asked) => loadModule(asked, module));
  return {
    method: declared as MethodDeclaration,
    uses: (params: Params<ParamSpecs>) => answered({ ask: 'uses', module, params }, isUses),
    supports: (task: TaskInfo, params: Params<ParamSpecs>) =>
      answered({ ask: 'supports', module, task, params }, isSupport),
    adapted: (task: TaskInfo, params: Params<ParamSpecs>) =>
      answered({ ask: 'adapted', module, task, params }, isAdaptation),
  };
}

/** What it says of subsets is looked at where it is asked for a task. */
function isUses(answer: unknown): answer is UsedModels {
  const { checkpoints, trajectory, trajectories = 1 } = (answer ?? {}) as Record<string, unknown>;
  return [checkpoints, trajectory, trajectories].every((count) => Number.isSafeInteger(count) && Number(count) >= 0);
}

function isSupport(answer: unknown): answer is true | string {
  return answer === true || typeof answer === 'string';
}

function isAdaptation(answer: unknown): answer is string | undefined {
  return answer === undefined || typeof answer === 'string';
}
