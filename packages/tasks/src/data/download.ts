import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BenchError } from '@attribution-bench/contract';

const stallMs = 30_000;
const heartbeatMs = 5_000;
const staleLockMs = 30_000;

/**
 * Downloads the first of `urls` that answers to `target`. What arrived is kept in `target.part`, so that a later call
 * goes on from there. Only one process downloads a target at a time; the others wait for it.
 * @param check reads the finished file and throws when it is not the right one: it is then deleted
 * @param before why other ways to get it failed, for the message
 * @returns the address that it came from; undefined where another process had brought it
 * @throws BenchError DATA_DOWNLOAD naming every address and why it failed, or what `check` throws
 */
export async function download(
  urls: readonly string[],
  target: string,
  check: (file: string) => Promise<unknown>,
  log: (message: string) => void,
  before: readonly string[] = [],
): Promise<string | undefined> {
  await mkdir(dirname(target), { recursive: true });
  return locked(`${target}.lock`, async () => {
    if (await exists(target)) return undefined;
    const part = `${target}.part`;
    const failures = [...before];
    for (const url of urls) {
      log(`downloading ${url}`);
      try {
        await append(url, part);
      } catch (error) {
        failures.push(`${url}: ${reason(error)}`);
        continue;
      }
      try {
        await check(part);
      } catch (error) {
        await rm(part);
        throw error;
      }
      await rename(part, target);
      return url;
    }
    throw new BenchError({
      code: 'DATA_DOWNLOAD',
      place: target,
      message: `could not be downloaded (${failures.join('; ')})`,
      next: 'put the file there yourself, or run again with a network connection',
    });
  });
}

/** Adds what is missing of `url` to the file `part`. */
async function append(url: string, part: string): Promise<void> {
  const have = await stat(part).then(
    (found) => found.size,
    () => 0,
  );
  const controller = new AbortController();
  let stall = setTimeout(() => controller.abort(), stallMs);
  try {
    const response = await fetch(url, {
      signal: controller.signal,
      headers: have > 0 ? { range: `bytes=${have}-` } : {},
    });
    if (response.status === 416) return;
    if (!response.ok || response.body === null) throw new Error(`HTTP ${response.status}`);
    const out = createWriteStream(part, { flags: response.status === 206 ? 'a' : 'w' });
    const failed = new Promise<never>((_, reject) => out.once('error', reject));
    failed.catch(() => {});
    for await (const chunk of response.body) {
      clearTimeout(stall);
      stall = setTimeout(() => controller.abort(), stallMs);
      if (!out.write(chunk)) await Promise.race([new Promise<void>((resolve) => out.once('drain', resolve)), failed]);
    }
    await Promise.race([new Promise<void>((resolve) => out.end(resolve)), failed]);
  } finally {
    clearTimeout(stall);
  }
}

/** Runs `work` while holding a lock folder that other processes respect; a lock left by a dead process expires. */
async function locked<T>(folder: string, work: () => Promise<T>): Promise<T> {
  while (!(await claim(folder))) await sleep(200);
  const heartbeat = setInterval(() => void utimes(folder, new Date(), new Date()).catch(() => {}), heartbeatMs);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    await rm(folder, { recursive: true, force: true });
  }
}

async function claim(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const found = await stat(folder).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > staleLockMs) await rm(folder, { recursive: true });
    return false;
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return error.name === 'AbortError' ? `nothing arrived for ${stallMs / 1000} s` : `${error.message}${cause}`;
}
