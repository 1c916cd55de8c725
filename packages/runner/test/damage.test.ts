import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '@attribution-bench/store';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './support/folder.js';
import {
  artifacts,
  differingFromFinished,
  filesOf,
  finishedCopy,
  grid,
  packsOf,
  plan,
  run,
  small,
} from './support/run.js';

/** The small grid with points of 1.1 MiB. */
const large = small
  .replace('train: 40, queries: 6', 'train: 9000, queries: 6, dims: 32')
  .replace('epochs: 10', 'epochs: 1');

const kinds = ['dataset', 'task', 'train', 'retrain', 'truth', 'fit', 'score', 'metric'];

describe('damaged results', () => {
  it('are found by the next run, named, set aside and made again, whether or not only reports read them', async () => {
    const results = await finishedCopy();
    const before = await plan(await grid(small), results);
    const files = kinds.map((kind) => (kind === 'retrain' ? packsOf(results, kind) : filesOf(before, kind))[0]);
    for (const [index, file] of files.entries()) {
      if (index % 2 === 0) flip(file);
      else truncateSync(file, readFileSync(file).length - 1);
    }
    const said: string[] = [];
    const planned = await plan(before.grid, results, { onLog: (message) => said.push(message) });
    const { outcome, events } = await run(planned);
    const logged = [...said, ...events.flatMap((event) => (event.type === 'log' ? [event.message] : []))].join('\n');
    for (const file of files.filter((each) => !each.includes('/fit/')))
      expect(logged).toContain(`set aside as ${file}.corrupt-1`);
    expect(outcome.counts).toMatchObject({ failed: 0, remaining: 0 });
    const still = await differingFromFinished(results);
    const unneeded = filesOf(planned, 'fit').slice(0, 1);
    expect(still.filter((name) => !unneeded.some((file) => file.endsWith(name)))).toEqual([]);
  });

  it('that vanish while a run goes on are made again', async () => {
    const results = await finishedCopy();
    const of = await grid(small);
    for (const file of filesOf(await plan(of, results), 'metric')) rmSync(file);
    const planned = await plan(of, results);
    for (const kind of ['score', 'fit', 'train', 'truth', 'dataset'])
      for (const file of filesOf(planned, kind)) rmSync(file);
    const { outcome, events } = await run(planned);
    expect(outcome.counts).toMatchObject({ failed: 0, remaining: 0 });
    expect(events.some((event) => event.type === 'log' && event.level === 'warning')).toBe(true);
    expect(await differingFromFinished(results)).toEqual([]);
  });

  it('of a size that plans do not read whole are found by the run when reports read them', async () => {
    const results = temporaryFolder();
    const of = await grid(large);
    await run(await plan(of, results, { scope: 'truth' }));
    const before = artifacts(results);
    flip(filesOf(await plan(of, results, { scope: 'truth' }), 'dataset')[0], 0.5);
    const { outcome } = await run(await plan(of, results, { scope: 'truth' }));
    expect(outcome.counts).toMatchObject({ done: 1, failed: 0, remaining: 0 });
    expect(artifacts(results)).toEqual(before);
  });

  it('that are altered after a run was planned are found when they are read, and made again', async () => {
    const results = await finishedCopy();
    const of = await grid(small);
    for (const kind of ['score', 'metric']) for (const file of filesOf(await plan(of, results), kind)) rmSync(file);
    const planned = await plan(of, results);
    for (const file of filesOf(planned, 'fit')) flip(file);
    const { outcome, events } = await run(planned);
    expect(outcome.counts).toMatchObject({ failed: 0, remaining: 0 });
    expect(JSON.stringify(events)).toContain('STORE_CORRUPT');
    expect(await differingFromFinished(results)).toEqual([]);
  });

  it('that are sound but laid out in another way are set aside when they are read, and made again', async () => {
    const results = await finishedCopy();
    const of = await grid(small);
    const store = openStore(join(results, 'store'));
    const before = await plan(of, results);
    for (const kind of ['dataset', 'train', 'retrain', 'truth', 'score']) {
      const [{ outputs }] = before.steps.filter((step) => step.kind === kind);
      const { arrays, metadata } = await store.read(outputs[0]);
      const { made: _, ...about } = metadata;
      const turned = Object.entries(arrays).map(([name, { shape, data }]) => [name, { shape: [1, ...shape], data }]);
      await store.write(outputs[0], { arrays: Object.fromEntries(turned), metadata: about });
    }
    for (const kind of ['truth', 'fit', 'score', 'metric'])
      for (const file of filesOf(before, kind)) if (kind !== 'score' || file !== filesOf(before, kind)[0]) rmSync(file);
    const { outcome, events } = await run(await plan(of, results));
    expect(outcome.counts).toMatchObject({ failed: 0, remaining: 0 });
    expect(JSON.stringify(events)).toMatch(/has an array \\"\w+\\" of float32 \[1 × .*\] where float32 .* is expected/);
    expect(await differingFromFinished(results)).toEqual([]);
  });
});

/** Flips one bit, at a share of the file's length. */
function flip(file: string, at = 0.98): void {
  const bytes = readFileSync(file);
  bytes[Math.floor(bytes.length * at)] ^= 16;
  writeFileSync(file, bytes);
}
