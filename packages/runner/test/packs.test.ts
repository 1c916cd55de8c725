import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ArtifactRef, openClaims, openStore } from '@attribution-bench/store';
import { describe, expect, it } from 'vitest';
import { boardInput, type Plan } from '../src/index.js';
import { gridFile, temporaryFolder } from './support/folder.js';
import { artifacts, filesOf, finishedCopy, grid, gridOf, plan, type Ran, run, small } from './support/run.js';
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
const claimOf = (results: string, { kind, key }: ArtifactRef): string =>
  join(results, 'store', kind, key.slice(0, 2), `${key}.claim`);
const retrained = ({ events }: Ran): string[] =>
  events.flatMap((event) => (event.type === 'step-finished' && event.kind === 'retrain' ? [event.status] : []));

describe('retrainings by the hundred', () => {
  it('are kept many to a file, costs and places included, and one that is damaged is made again by itself', async () => {
    const results = temporaryFolder();
    const of = await grid(many);
    const first = await run(await plan(of, results));
    expect(first.outcome.counts).toMatchObject({ failed: 0, remaining: 0 });
    expect(looseIn(results)).toBe(0);
    expect([2, 3]).toContain(packsIn(results).length);
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

  it('that were packed by a process which was killed before it gave back its claims are neither made again nor kept from anybody', async () => {
    const results = await finishedCopy();
    const of = await grid(small);
    const before = artifacts(results);
    const steps = (await plan(of, results)).steps.filter(({ kind }) => kind === 'retrain');
    for (const { outputs } of steps) rmSync(claimOf(results, outputs[0]), { force: true });
    const claims = await openClaims(openStore(join(results, 'store')));
    for (const { outputs } of steps) await claims.take(outputs[0]);
    claims.close();
    const dead = spawnSync(process.execPath, ['--version']).pid;
    for (const { outputs } of steps) {
      const file = claimOf(results, outputs[0]);
      const note = JSON.parse(readFileSync(file, 'utf8'));
      rmSync(file);
      writeFileSync(file, JSON.stringify({ ...note, pid: dead }));
    }
    const planned = await plan(of, results);
    for (const kind of ['truth', 'metric']) for (const file of filesOf(planned, kind)) rmSync(file);
    const again = await run(await plan(of, results));
    expect(again.outcome.counts).toMatchObject({ failed: 0, remaining: 0 });
    expect(retrained(again)).toEqual([]);
    for (const { outputs } of steps) expect(existsSync(claimOf(results, outputs[0]))).toBe(false);
    expect(artifacts(results)).toEqual(before);
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
