import { execFileSync, fork } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openClaims, openStore, removeLeftovers } from '../src/index.js';
import { temporaryFolder } from './folder.js';
import { outputOf } from './outputs.js';

const ref = outputOf('dataset', 'x');
const small = { arrays: { x: { shape: [4], data: new Uint8Array(4) } }, metadata: {} };
const large = { arrays: { x: { shape: [300_000], data: new Uint8Array(300_000).fill(7) } }, metadata: {} };

/** A folder on a file system of 128 KiB, where this user may mount one. */
function tinyDisk(): string | undefined {
  const folder = temporaryFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  onTestFinished(() => {
    execFileSync('umount', ['-l', folder]);
  });
  return folder;
}

describe('a full disk', () => {
  it('is named, loses nothing and leaves nothing behind', async ({ skip }) => {
    const disk = tinyDisk() ?? skip('needs the right to mount a tmpfs');
    const store = openStore(join(disk, 'store'));
    const kept = outputOf('score', 'kept');
    await store.write(kept, small);
    await expect(store.write(ref, large)).rejects.toMatchObject({
      code: 'STORE_FULL',
      place: store.place(ref),
      next: expect.stringContaining('free some space'),
    });
    expect(readdirSync(dirname(store.place(ref)))).toEqual([]);
    expect((await store.read(kept)).arrays.x.data).toEqual(small.arrays.x.data);
    expect(statfsSync(disk).bfree).toBeGreaterThan(0);
    await store.write(ref, small);
    expect(await store.isSound(ref, 1e6)).toBe(true);
  });

  it('leaves no claim that nobody could be written into', async ({ skip }) => {
    const disk = tinyDisk() ?? skip('needs the right to mount a tmpfs');
    const store = openStore(join(disk, 'store'));
    await store.write(ref, small);
    const claims = await openClaims(store);
    onTestFinished(() => claims.close());
    const ballast = join(disk, 'ballast');
    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(ballast, new Uint8Array(bavail * bsize));
    const claim = await claims.take(ref);
    rmSync(ballast);
    expect(claim.status).toBe('ours');
    if (claim.status === 'ours') await claim.release();
    expect(readdirSync(dirname(store.place(ref)))).toEqual([basename(store.place(ref))]);
  });

  it('keeps the old content of a file that cannot be replaced', async ({ skip }) => {
    const disk = tinyDisk() ?? skip('needs the right to mount a tmpfs');
    const store = openStore(join(disk, 'store'));
    await store.write(ref, small);
    await expect(store.write(ref, large)).rejects.toMatchObject({ code: 'STORE_FULL' });
    expect((await store.read(ref)).arrays.x.data.length).toBe(4);
  });
});

describe('an unwritable folder', () => {
  it('is named with what to do', async () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o555);
    onTestFinished(() => chmodSync(folder, 0o755));
    const asNobody = process.geteuid?.() === 0;
    if (asNobody) process.seteuid?.(65534);
    try {
      await expect(openStore(join(folder, 'store')).write(ref, small)).rejects.toMatchObject({
        code: 'STORE_UNWRITABLE',
        next: expect.stringContaining('--results'),
      });
    } finally {
      if (asNobody) process.seteuid?.(0);
    }
    expect(existsSync(join(folder, 'store'))).toBe(false);
  });
});

describe('a killed process', () => {
  it('never leaves half an artifact under its name', async () => {
    const folder = temporaryFolder();
    const writer = join(import.meta.dirname, 'endless-writer.js');
    for (const delayMs of [60, 110, 170]) {
      const child = fork(writer, [folder], { execArgv: [], stdio: 'ignore' });
      await new Promise((resolve) => child.once('message', resolve));
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await gone;
      const store = openStore(folder);
      for await (const artifact of store.list()) expect(await store.isSound(artifact, 1e9)).toBe(true);
      await removeLeftovers(folder);
      for (const entry of readdirSync(folder, { recursive: true })) expect(String(entry)).not.toContain('.tmp-');
    }
  });
});
