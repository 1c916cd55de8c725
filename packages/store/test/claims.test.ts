import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sha256, toPlainError } from '@attribution-bench/contract';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Claim, type Claims, openClaims, openStore, type Store } from '../src/index.js';
import { temporaryFolder } from './folder.js';

const ref = { kind: 'retrain', key: sha256('x') };
const failure = toPlainError(new Error('diverged'));
const hour = 3_600_000;

function opened(startedAt = Date.now()): { claims: Claims; store: Store; file: string } {
  const store = openStore(join(temporaryFolder(), 'store'));
  return { claims: claimsOf(store, startedAt), store, file: store.file(ref).replace('safetensors', 'claim') };
}

function claimsOf(store: Store, startedAt = Date.now()): Claims {
  const claims = openClaims(store, startedAt);
  onTestFinished(() => claims.close());
  return claims;
}

/** Leaves a claim as another process would, renewed so long ago. */
function leave(file: string, note: object | string, ageMs = 0): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof note === 'string' ? note : JSON.stringify(note));
  const then = new Date(Date.now() - ageMs);
  utimesSync(file, then, then);
}

const ours = (claim: Claim): Extract<Claim, { status: 'ours' }> =>
  claim.status === 'ours' ? claim : expect.fail(claim.status);
const elsewhere = { machine: 'elsewhere', host: 'node7', pid: process.pid };

describe('a claim', () => {
  it('is held by one at a time and can be had again once it is released', async () => {
    const { claims, store, file } = opened();
    const first = ours(await claims.take(ref));
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ pid: process.pid });
    expect((await claimsOf(store).take(ref)).status).toBe('theirs');
    expect((await claims.take({ ...ref, key: sha256('y') })).status).toBe('ours');
    await first.release();
    expect(existsSync(file)).toBe(false);
    expect((await claimsOf(store).take(ref)).status).toBe('ours');
  });

  it('of a process of this machine that died is taken over at once', async () => {
    const { claims, file } = opened();
    const held = ours(await claims.take(ref));
    const note = JSON.parse(readFileSync(file, 'utf8'));
    await held.release();
    leave(file, { ...note, pid: spawnSync(process.execPath, ['-e', '0']).pid });
    expect((await claims.take(ref)).status).toBe('ours');
  });

  it('of another machine is taken over when it is old, by the clock of the file system', async () => {
    const { claims, store, file } = opened();
    leave(file, elsewhere, 60_000);
    expect((await claims.take(ref)).status).toBe('theirs');
    expect((await claimsOf(store, Date.now() + hour).take(ref)).status).toBe('ours');
    leave(file, elsewhere, hour);
    expect((await claimsOf(store, Date.now() - hour).take(ref)).status).toBe('theirs');
    expect((await claims.take(ref)).status).toBe('ours');
  });

  it('that nobody wrote a name into does not last', async () => {
    const { claims, file } = opened();
    leave(file, '', 500);
    expect((await claims.take(ref)).status).toBe('theirs');
    leave(file, '', 10_000);
    expect((await claims.take(ref)).status).toBe('ours');
  });

  it('does without a file where none can be made', async () => {
    const folder = join(temporaryFolder(), 'store');
    writeFileSync(folder, 'a file');
    const claim = ours(await claimsOf(openStore(folder)).take(ref));
    await claim.release();
  });
});

describe('a failure', () => {
  it('counts for the processes of the machine that run, not for those started later', async () => {
    const { claims, store } = opened(Date.now() - hour);
    const failing = ours(await claims.take(ref));
    await failing.release(failure);
    expect(await claims.take(ref)).toEqual({ status: 'failed', error: failure });
    expect((await claimsOf(store, Date.now() + hour).take(ref)).status).toBe('ours');
  });

  it('on one other machine is tried here once more; on two it counts', async () => {
    const { claims, file } = opened(Date.now() - hour);
    const failures = [{ machine: 'elsewhere', error: failure }];
    leave(file, { ...elsewhere, failures, ended: true });
    await ours(await claims.take(ref)).release({ ...failure, message: 'diverged here too' });
    expect(JSON.parse(readFileSync(file, 'utf8')).failures).toHaveLength(2);
    leave(file, { ...elsewhere, failures: [...failures, { machine: 'third', error: failure }], ended: true });
    expect((await claims.take(ref)).status).toBe('failed');
  });
});

it('garbage is collected around the claims that are held', async () => {
  const { claims, store, file } = opened();
  const claim = ours(await claims.take(ref));
  expect((await store.collect(new Set(), { remove: true })).files).toEqual([]);
  await claim.release(failure);
  expect((await store.collect(new Set(), { remove: true })).files).toEqual([file]);
  expect(existsSync(file)).toBe(false);
});
