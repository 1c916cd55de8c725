import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statfsSync } from 'node:fs';
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { inspectDevices } from './devices.js';
import type { Finding } from './finding.js';
import { requireResults } from './require-results.js';
import { formatBytes } from './text/format.js';
import type { ResultsPlace } from './workspace.js';

const comfortableBytes = 2 * 2 ** 30;

/** What the bench runs on, one finding per subject. Writes nothing except the results folder, if it is missing. */
export async function inspectMachine(results: ResultsPlace): Promise<readonly Finding[]> {
  return [
    node(),
    npm(),
    await onnxRuntime(),
    await nativeTensorFlow(),
    ...(await inspectDevices()),
    cores(),
    memory(),
    await resultsWritable(results),
    await caches(),
  ];
}

function node(): Finding {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const fits = major > 20 || (major === 20 && minor >= 19);
  return {
    subject: 'Node.js',
    verdict: fits ? 'ok' : 'bad',
    found: process.version,
    ...(fits ? {} : { next: 'install 20.19 or newer' }),
  };
}

function npm(): Finding {
  try {
    const version = execFileSync('npm', ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      shell: process.platform === 'win32',
    });
    return { subject: 'npm', verdict: 'ok', found: version.trim() };
  } catch {
    return { subject: 'npm', verdict: 'note', found: 'not found', next: 'only needed to install methods' };
  }
}

async function onnxRuntime(): Promise<Finding> {
  const subject = 'ONNX Runtime';
  try {
    const { matmul } = await import('@attribution-bench/numerics');
    const product = await matmul(Float32Array.of(1, 2), Float32Array.of(3, 4), { m: 1, k: 2, n: 1 });
    if (product[0] !== 11) throw new Error(`(1, 2)·(3, 4) came out as ${product[0]}`);
    return { subject, verdict: 'ok', found: 'loads and computes' };
  } catch (error) {
    return { subject, verdict: 'bad', found: `does not work: ${messageOf(error)}`, next: 'npm ci restores it' };
  }
}

async function nativeTensorFlow(): Promise<Finding> {
  const subject = 'tfjs-node (optional, for --engine tfjs)';
  const { tfjsNodeStatus } = await import('@attribution-bench/tfjs-onnx');
  const { available, version, reason, next } = await tfjsNodeStatus();
  if (available) return { subject, verdict: 'ok', found: version ?? 'loads' };
  const found = `${reason ?? 'does not load'}: --engine tfjs uses the slow JavaScript backend`;
  return { subject, verdict: 'note', found, ...(next !== undefined && { next }) };
}

function cores(): Finding {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  return { subject: 'cores', verdict: 'ok', found: `${availableParallelism()} (${model})` };
}

function memory(): Finding {
  const enough = totalmem() >= comfortableBytes;
  return {
    subject: 'memory',
    verdict: enough ? 'ok' : 'note',
    found: `${formatBytes(freemem())} free of ${formatBytes(totalmem())}`,
    ...(enough ? {} : { next: 'set fewer --jobs' }),
  };
}

async function resultsWritable(results: ResultsPlace): Promise<Finding> {
  const { folder, location } = results;
  const subject = location === folder ? 'results folder' : 'results bucket';
  try {
    await requireResults(results);
    if (location !== folder) return { subject, verdict: 'ok', found: `${location}, heeds conditions of writes` };
    const { bavail, bsize } = statfsSync(folder);
    return { subject, verdict: 'ok', found: `${folder}, ${formatBytes(bavail * bsize)} free` };
  } catch (error) {
    return { subject, verdict: 'bad', found: messageOf(error), next: 'name another one with --results' };
  }
}

async function caches(): Promise<Finding> {
  const { defaultCacheFolder } = await import('@attribution-bench/tasks');
  const folder = defaultCacheFolder();
  const held = existsSync(folder) ? readdirSync(folder) : [];
  const found =
    held.length === 0
      ? `${folder} is empty: datasets are downloaded when first used`
      : `${folder} has ${held.join(', ')}`;
  return { subject: 'dataset cache', verdict: 'ok', found };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
