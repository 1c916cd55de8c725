import { expect, it } from 'vitest';
import { blockedDomain, buildGraph, channelBlock, openGraph } from '../src/index.js';

it('is the number of channels that lie side by side in reordered images', async () => {
  const block = await channelBlock();
  if (block === 1) return; // a processor without such images
  const [batch, channels, pixels] = [2, 2 * block, 3];
  const shape = [batch, channels, 1, pixels];
  const program = await openGraph(
    buildGraph({
      inputs: [{ name: 'x', type: 'float32', shape }],
      outputs: [{ name: 'y', type: 'float32', shape }],
      nodes: [{ op: 'ReorderInput', domain: blockedDomain, inputs: ['x'], outputs: ['y'] }],
    }),
  );
  const x = Float32Array.from({ length: batch * channels * pixels }, (_, i) => i);
  const { y } = await program.run({ x });
  await program.release();
  const expected = Float32Array.from(x, (_, place) => {
    const [within, pixel] = [place % block, Math.floor(place / block) % pixels];
    const outer = Math.floor(place / (block * pixels));
    return (outer * block + within) * pixels + pixel;
  });
  expect([...(y as Float32Array)]).toEqual([...expected]);
});
