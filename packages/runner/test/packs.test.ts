import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ArtifactRef, openStore } from '@attribution-bench/store';
import { describe, expect, it } from 'vitest';
import { boardInput, type Plan } from '../src/index.js';
import { gridFile, temporaryFolder } from './support/folder.js';
import { filesOf, grid, gridOf, plan, type Ran, run } from './support/run.js';
import { runElsewhere } from './support/run-elsewhere.js';

/** A truth of 160 retrainings. */
const many = gridOf('random').replace('subsets: 20', 'subsets: 80');

const filesIn = (results: string, folder: string): string[] =>
  readdirSync(join(results, 'store', folder), { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.\w+$/.test(name),
  );
const packsIn = (results: string): string[] =>
  filesIn(results, 'retrain/packs').filter((name) => name.endsWith('.pack'));
const looseIn = (results: string): number =>
  filesIn(results, 'retrain').filter((name) => name.endsWith('.safetensors')).length;
const retrainings = ({ steps }: Plan): ArtifactRef[] =>
  steps.filter(({ kind }) => kind === 'retrain').flatMap(({ outputs }) => outputs);
const retrained = ({ events }: Ran): string[] =>
  events.flatMap((event) => (event.type === 'step-finished' && event.kind === 'retrain' ? [event.status] : []));

describe('retrainings by the hundred', () => {
  it('are kept many to a file, costs and places included, and one that is damaged is made again by itself', async () => {
    const results = temporaryFolder();
    const of = await grid(many);
    const first = await run(await plan(of, results));
    expect(first.outcome.counts).toMatchObject({ failed: 0, remaining: 0 });
    expect(looseIn(results)).toBeLessThan(64);
    expect([1, 2]).toContain(packsIn(results).length);
    const store = openStore(join(results, 'store'));
    const planned = await plan(of, results);
    expect(planned.steps.filter(({ needed }) => needed)).toEqual([]);
    expect(planned.tasks[0].truth).toMatchObject({ cached: 160, total: 160 });
    const [step] = planned.steps.filter(({ kind }) => kind === 'retrain');
    expect((await store.readCost(step.outputs[0]))?.seconds).toBeGreaterThan(0);
    expect(await store.readLatest('retrain', step.place)).toEqual(step.outputs[0].made);

    const board = await boardInput(planned);
    for (const kind of ['truth', 'metric']) for (const file of filesOf(planned, kind)) rmSync(file);
    const [pack] = packsIn(results);
    const file = join(results, 'store/retrain/packs', pack);
    const bytes = readFileSync(file);
    bytes[bytes.length - 1] ^= 1;
    writeFileSync(file, bytes);
    const again = await run(await plan(of, results));
    expect(again.outcome.counts).toMatchObject({ failed: 0, remaining: 0 });
    expect(retrained(again)).toEqual(['done']);
    expect(await boardInput(await plan(of, results))).toEqual(board);
  });

  it('that a killed process left behind are packed by who ends the work', async () => {
    const results = temporaryFolder();
    const file = gridFile(many);
    await runElsewhere(file, results, 3);
    const of = await grid(many);
    const { outcome } = await run(await plan(of, results));
    expect(outcome.counts).toMatchObject({ failed: 0, remaining: 0 });
    const planned = await plan(of, results);
    expect(looseIn(results)).toBeLessThan(64);
    const store = openStore(join(results, 'store'));
    for (const ref of retrainings(planned)) expect(await store.isSound(ref)).toBe(true);
  });
});
