import { type Engine, onnxEngine } from '@attribution-bench/tfjs-onnx';
import { expect } from 'vitest';
import { openTask, type TaskData } from '../../src/index.js';
import { allRows, checkpointOf, contextOf, relativeError, runSeed, specOf, uncancelled } from './tasks.js';

/**
 * Parameters after a few steps of two models, and gradients of the training points there, are those of compiled graphs on the
 * processor. @param tolerance of the parameters
 */
export async function expectAgreement(
  engine: Engine,
  raw: Record<string, unknown>,
  data: TaskData,
  tolerance = 1e-4,
): Promise<void> {
  const spec = specOf(raw);
  const [compiled, other] = [await openTask(spec, data, onnxEngine), await openTask(spec, data, engine)];
  const train = { runs: [{ seed: runSeed(0) }, { seed: runSeed(1) }] };
  const [expected, found] = [
    await compiled.train({ ...train, cancel: uncancelled }),
    await other.train({ ...train, cancel: uncancelled }),
  ];
  for (const [i, { parameters }] of expected.entries())
    expect(relativeError(found[i].parameters, parameters)).toBeLessThan(tolerance);
  const checkpoint = checkpointOf(expected[0].parameters);
  const request = { of: 'train', checkpoint, output: 'target' } as const;
  const [rows, wanted] = [
    await allRows(contextOf(other, [checkpoint]).gradients(request)),
    await allRows(contextOf(compiled, [checkpoint]).gradients(request)),
  ];
  expect(relativeError(rows.data, wanted.data)).toBeLessThan(1e-4);
  await compiled.release();
  await other.release();
}
