import { BenchError, type ParamSpecs, type Params } from '@attribution-bench/contract';
import type { Network } from '../nn/architecture/layer.js';
import type { Choice } from '../spec.js';
import type { ModelShape } from './model.js';
import { models } from './models.js';
import { isModelPath, loadOwnModel } from './own-model.js';

/**
 * The network of a task's model.
 * @throws BenchError MODEL_CHANGED when a user's own module is not the one that the task was resolved with
 */
export function networkOf({ use, sha256, ...params }: Choice, shape: ModelShape): Network {
  if (!isModelPath(use)) return models[use].network(params as unknown as Params<ParamSpecs>, shape);
  const own = loadOwnModel(use);
  if (own.sha256 !== sha256) {
    throw new BenchError({
      code: 'MODEL_CHANGED',
      message: `the model module ${use} was changed after the grid was read`,
      next: 'run again: the task is then a new one',
    });
  }
  return own.model.network(params as unknown as Params<ParamSpecs>, shape);
}
