import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sha256, toPlainError } from '@attribution-bench/contract';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Claim, type Claims, openClaims, openStore, type Store } from '../src/index.js';
import { temporaryFolder } from './folder.js';

const ref = { kind: 'retrain', key: sha256('x') };
const failure = toPlainError(new Error('diverged'));
const hour = 3_600_000;
const year = 365 * 24 * hour;

interface Opened {
  readonly claims: Claims;
  readonly store: Store;
  readonly file: string;
  /** Lets time go by for these claims. */
  pass(ms: number): void;
}

async function opened(): Promise<Opened> {
  const store = openStore(join(temporaryFolder(), 'store'));
  let time = 0;
  const claims = await claimsOf(store, () => time);
  const pass = (ms: number) => {
    time += ms;
  };
  return { claims, store, file: store.place(ref).replace('safetensors', 'claim'), pass };
}

async function claimsOf(store: Store, now: () => number = () => 0): Promise<Claims> {
  const claims = await openClaims(store, { now });
  onTestFinished(() => claims.close());
  return claims;
}

/** Leaves a claim as another process would, on a machine whose clock is so far ahead. */
function leave(file: string, note: object | string, aheadMs = 0): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof note === 'string' ? note : JSON.stringify(note));
  const then = new Date(Date.now() + aheadMs);
  utimesSync(file, then, then);
}

const ours = (claim: Claim): Extract<Claim, { status: 'ours' }> =>
  claim.status === 'ours' ? claim : expect.fail(claim.status);
const elsewhere = { machine: 'elsewhere', host: 'node7', pid: process.pid };

describe('a claim', () => {
  it('is held by one at a time and can be had again once it is released', async () => {
    const { claims, store, file } = await opened();
    const first = ours(await claims.take(ref));
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ pid: process.pid });
    expect((await (await claimsOf(store)).take(ref)).status).toBe('theirs');
    expect((await claims.take({ ...ref, key: sha256('y') })).status).toBe('ours');
    await first.release();
    expect(existsSync(file)).toBe(false);
    expect((await (await claimsOf(store)).take(ref)).status).toBe('ours');
  });

  it('is removed though the file system tells another time of it than at first, and not where another process took it over', async () => {
    const { claims, file } = await opened();
    const first = ours(await claims.take(ref));
    utimesSync(file, new Date(hour), new Date(hour));
    await first.release();
    expect(existsSync(file)).toBe(false);
    const second = ours(await claims.take(ref));
    leave(file, elsewhere);
    await second.release();
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(elsewhere);
  });

  it('of a process of this machine that died is taken over at once', async () => {
    const { claims, file } = await opened();
    const held = ours(await claims.take(ref));
    const note = JSON.parse(readFileSync(file, 'utf8'));
    await held.release();
    leave(file, { ...note, pid: spawnSync(process.execPath, ['-e', '0']).pid });
    expect((await claims.take(ref)).status).toBe('ours');
  });

  it('of a process of this machine that died is removed by the next, though nobody asks for it', async () => {
    const { claims, store, file } = await opened();
    const held = ours(await claims.take(ref));
    const note = JSON.parse(readFileSync(file, 'utf8'));
    await claimsOf(store);
    expect(existsSync(file)).toBe(true);
    await held.release();
    leave(file, { ...note, pid: spawnSync(process.execPath, ['-e', '0']).pid });
    await claimsOf(store);
    expect(existsSync(file)).toBe(false);
  });

  it('is looked at only where it may be asked for, when that is said, and the store is not listed', async () => {
    const store = openStore(join(temporaryFolder(), 'store'));
    const other = { ...ref, key: sha256('y') };
    const names = [ref, other].map((each) => store.place(each).replace('safetensors', 'claim'));
    const failures = [elsewhere, { machine: 'third' }].map(({ machine }) => ({ machine, error: failure }));
    for (const name of names) leave(name, { ...elsewhere, failures, ended: true });
    const { backend } = store;
    const unlisted = { ...backend, list: () => expect.fail('the store is listed') };
    const claims = await openClaims({ backend: unlisted }, { only: [ref] });
    onTestFinished(() => claims.close());
    expect((await claims.take(ref)).status).toBe('ours');
    expect((await claims.take(other)).status).toBe('failed');
  });

  it.each([
    ['right', 0],
    ['a year ahead', year],
    ['a year behind', -year],
  ])('of another machine whose clock is %s is taken over once it was not seen to change for long', async (_, ahead) => {
    const { claims, file, pass } = await opened();
    leave(file, elsewhere, ahead);
    expect((await claims.take(ref)).status).toBe('theirs');
    pass(100_000);
    expect((await claims.take(ref)).status).toBe('theirs');
    leave(file, { ...elsewhere, renewed: 1 }, ahead);
    pass(100_000);
    expect((await claims.take(ref)).status).toBe('theirs');
    pass(119_000);
    expect((await claims.take(ref)).status).toBe('theirs');
    pass(1_000);
    expect((await claims.take(ref)).status).toBe('ours');
  });

  it('that nobody wrote a name into does not last', async () => {
    const { claims, file, pass } = await opened();
    leave(file, '', year);
    expect((await claims.take(ref)).status).toBe('theirs');
    pass(2_000);
    expect((await claims.take(ref)).status).toBe('ours');
  });

  it.each([
    ['a folder', (file: string) => mkdirSync(join(file, 'with something in it'), { recursive: true })],
    ['a named pipe', (file: string) => void execFileSync('mkfifo', [file])],
    ['a link to nowhere', (file: string) => symlinkSync('nowhere', file)],
    ['a link to itself', (file: string) => symlinkSync(file, file)],
  ])('with %s in its place does not last either', async (_, put) => {
    const { claims, file, pass } = await opened();
    mkdirSync(dirname(file), { recursive: true });
    put(file);
    expect((await claims.take(ref)).status).toBe('theirs');
    pass(2_000);
    const claim = ours(await claims.take(ref));
    expect(lstatSync(file).isFile()).toBe(true);
    await claim.release();
    expect(existsSync(file)).toBe(false);
  });

  it('does without a file on a file system that became read-only, and can be had once its process is gone', async ({
    skip,
  }) => {
    const disk = temporaryFolder();
    try {
      execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', disk], { stdio: 'ignore' });
    } catch {
      skip('needs the right to mount a tmpfs');
    }
    onTestFinished(() => void execFileSync('umount', ['-l', disk]));
    const store = openStore(join(disk, 'store'));
    const held = ours(await (await claimsOf(store)).take(ref));
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    await held.release();
    const file = store.place(ref).replace('safetensors', 'claim');
    expect(existsSync(file)).toBe(true);
    expect((await (await claimsOf(store)).take({ ...ref, key: sha256('y') })).status).toBe('ours');
    execFileSync('mount', ['-o', 'remount,rw', disk]);
    leave(file, { ...JSON.parse(readFileSync(file, 'utf8')), pid: spawnSync(process.execPath, ['-e', '0']).pid });
    expect((await (await claimsOf(store)).take(ref)).status).toBe('ours');
  });

  it('does without a file where none can be made', async () => {
    const { claims, store } = await opened();
    mkdirSync(store.location);
    writeFileSync(join(store.location, ref.kind), 'a file');
    const claim = ours(await claims.take(ref));
    await claim.release();
  });
});

describe('a failure', () => {
  it('of a run before does not count, whatever the clock of its machine says', async () => {
    const { store, file } = await opened();
    leave(
      file,
      {
        ...elsewhere,
        failures: [
          { machine: 'a', error: failure },
          { machine: 'b', error: failure },
        ],
        ended: true,
      },
      year,
    );
    expect((await (await claimsOf(store)).take(ref)).status).toBe('ours');
  });

  it('counts for the processes of the machine that run, not for those started later', async () => {
    const { claims, store } = await opened();
    const failing = ours(await claims.take(ref));
    await failing.release(failure);
    expect(await claims.take(ref)).toEqual({ status: 'failed', error: failure });
    expect((await (await claimsOf(store)).take(ref)).status).toBe('ours');
  });

  it('on one other machine is tried here once more; on two it counts', async () => {
    const { claims, file } = await opened();
    const failures = [{ machine: 'elsewhere', error: failure }];
    leave(file, { ...elsewhere, failures, ended: true });
    await ours(await claims.take(ref)).release({ ...failure, message: 'diverged here too' });
    expect(JSON.parse(readFileSync(file, 'utf8')).failures).toHaveLength(2);
    leave(file, { ...elsewhere, failures: [...failures, { machine: 'third', error: failure }], ended: true });
    expect((await claims.take(ref)).status).toBe('failed');
  });
});

it('garbage is collected around the claims that are held', async () => {
  const { claims, store, file } = await opened();
  const claim = ours(await claims.take(ref));
  expect((await store.collect(new Set(), { remove: true })).files).toEqual([]);
  await claim.release(failure);
  expect((await store.collect(new Set(), { remove: true })).files).toEqual([file]);
  expect(existsSync(file)).toBe(false);
});
