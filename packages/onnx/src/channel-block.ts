import { blockedDomain, encodeModel } from './model.js';
import { openSession } from './session.js';

/** More channels than any processor's block has. */
const probed = 64;
let found: Promise<number> | undefined;

/**
 * How many channels of an image lie side by side in ONNX Runtime's fastest convolutions (operators of
 * {@link blockedDomain}): 16 on processors with AVX-512, 8 on those with AVX, 1 where it has no such operators.
 */
export function channelBlock(): Promise<number> {
  found ??= probe();
  return found;
}

/** Reorders an image of two pixels that are numbered: the second pixel of the first channel follows the first block. */
async function probe(): Promise<number> {
  const shape = [1, probed, 1, 2];
  const model = encodeModel({
    inputs: [{ name: 'x', type: 'float32', shape }],
    outputs: [{ name: 'y', type: 'float32', shape }],
    nodes: [{ op: 'ReorderInput', domain: blockedDomain, inputs: ['x'], outputs: ['y'] }],
  });
  let session: Awaited<ReturnType<typeof openSession>>;
  try {
    session = await openSession(model);
  } catch (error) {
    if (error instanceof Error && error.message.includes('ReorderInput')) return 1;
    throw error;
  }
  try {
    const data = Float32Array.from({ length: 2 * probed }, (_, i) => i);
    const { y } = await session.run({ x: { shape, data } }, { y: null });
    return (y.data as Float32Array).indexOf(1);
  } finally {
    await session.release();
  }
}
