import { MessageChannel } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { pointsBeyond, servePoints } from '../src/executors/local/thread-points.js';
import { openPointMemory, type PointMemory, pointsOf } from '../src/steps/point-memory.js';

/** Just more than what each thread reads for itself. Memory that nobody writes to takes no place. */
const numbers = 2 ** 24 + 1;
const dataset = { kind: 'dataset', key: 'a'.repeat(64) };

/** The memory of this thread as worker threads come to it. */
function beyond(memory: PointMemory, run: (points: PointMemory) => Promise<void>): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  servePoints(memory, port1);
  return run(pointsBeyond(() => port2)).finally(() => port1.close());
}

it('gives every thread the same memory, which the first one fills', async () => {
  const memory = openPointMemory();
  let fills = 0;
  const fill = async (into: Float32Array) => {
    fills++;
    into[numbers - 1] = 5;
  };
  const found: Float32Array[] = [];
  const use = async (points: PointMemory) => void found.push(await pointsOf(points, dataset, numbers, fill));
  await Promise.all([beyond(memory, use), beyond(memory, use), use(memory)]);
  expect(fills).toBe(1);
  expect(found.map((points) => points.buffer instanceof SharedArrayBuffer)).toEqual([true, true, true]);
  found[0][0] = 7;
  expect(found.map((points) => [points[0], points[numbers - 1]])).toEqual(found.map(() => [7, 5]));
});

it('lets the next one try where reading failed', async () => {
  const memory = openPointMemory();
  const tries = ['damaged', 'sound'].map((kind) =>
    pointsOf(memory, dataset, numbers, async (into) => {
      if (kind === 'damaged') throw new Error(kind);
      into[0] = 1;
    }),
  );
  await expect(tries[0]).rejects.toThrow('damaged');
  expect((await tries[1])[0]).toBe(1);
});

it('hands on points that a thread has just made', async () => {
  const memory = openPointMemory();
  const made = new Float32Array(new SharedArrayBuffer(4 * numbers)).fill(3, 0, 1);
  await beyond(memory, async (points) => {
    points.keep(dataset, made);
    const read = await pointsOf(points, dataset, numbers, () => Promise.reject(new Error('was read')));
    expect(read[0]).toBe(3);
  });
});

it('leaves few points to each thread', async () => {
  const memory = openPointMemory();
  const read = () => pointsOf(memory, dataset, 10, async (into) => void into.fill(1));
  const [one, other] = await Promise.all([read(), read()]);
  expect(one.buffer).not.toBe(other.buffer);
});
