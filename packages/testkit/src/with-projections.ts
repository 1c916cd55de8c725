import type { GradientRequest, ModelMethodContext, NdArray, RowBlock } from '@attribution-bench/contract';
import { matmul } from '@attribution-bench/numerics';
import type { Setting } from './setting.js';

/**
 * A setting whose gradients are multiplied by given matrices, whatever projection a method asks for: published numbers
 * hang on the random matrix that the published code drew.
 * @param projections [p × columns] for the checkpoints of each run, rows in the task's parameter order
 */
export function withProjections(setting: Setting, projections: readonly NdArray<Float32Array>[]): Setting {
  const { task } = setting;
  return {
    ...setting,
    task: {
      ...task,
      context(request): ModelMethodContext {
        const ctx = task.context(request);
        return { ...ctx, gradients: (asked) => projected(ctx, asked, projections[asked.checkpoint.run]) };
      },
    },
  };
}

async function* projected(
  ctx: ModelMethodContext,
  { projection: _, ...request }: GradientRequest,
  { shape: [p, columns], data: matrix }: NdArray<Float32Array>,
): AsyncGenerator<RowBlock> {
  for await (const { start, rows, data } of ctx.gradients(request)) {
    const product = await matmul(data.subarray(0, rows * p), matrix, { m: rows, k: p, n: columns });
    yield { start, rows, cols: columns, data: product };
  }
}
