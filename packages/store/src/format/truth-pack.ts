import { basename, dirname } from 'node:path';
import { BenchError, canonicalJson, type Json } from '@attribution-bench/contract';
import { readError } from '../backend/file-system/file-errors.js';
import { openFileSystem } from '../backend/file-system/file-system.js';
import { Malformed } from '../malformed.js';
import { type Artifact, encodeArtifact, openArtifact, readArrays } from './artifact.js';

/** The ground truth of one task, complete and small enough to commit and to share. */
export interface TruthPack {
  readonly task: string;
  /** Hash of everything the outputs were made from; see `truthKey` of the runner. */
  readonly key: string;
  readonly taskKey: string;
  /** Hash of the user's own data files, where the task is made from any. */
  readonly fingerprint?: string;
  readonly engine: string;
  /** The resolved task. */
  readonly spec: Json;
  readonly train: number;
  readonly fraction: number;
  /** Whether each class has the same share of its points in every subset. */
  readonly stratified?: true;
  /** Whether whole groups of points are in a subset or not; absent: points are drawn one by one. */
  readonly by?: 'group';
  /** Whether every point is left out about equally often. */
  readonly balanced?: true;
  /** Whether retrainings keep the seeds and batches of the runs on all points. */
  readonly seeds?: 'same';
  readonly retrainSeeds: number;
  /** Training indices of each subset, ascending and equally many. */
  readonly members: readonly Int32Array[];
  /** Target of every query under every retrained model, [subsets × retrainSeeds × queries]. */
  readonly outputs: Float32Array;
  /** Mean training loss of the last epoch, [subsets × retrainSeeds]. */
  readonly losses: Float32Array;
  /** SHA-256 of the weights of each model, row by row, [subsets × retrainSeeds]. */
  readonly weights: readonly string[];
  /** Where each query comes from. */
  readonly queryIds: readonly string[];
  /** Values that tell whether the model is worth explaining, e.g. accuracy. */
  readonly sanity: Readonly<Record<string, number>>;
}

const format = 'bench/truth@1';
/** Of a truth that keeps seeds: who does not know of such must not take it for another. */
const keptFormat = 'bench/truth@2';

/**
 * Writes a pack: `subsets` as bit masks [subsets × ⌈train / 8⌉] (first point in the highest bit, as numpy's
 * `unpackbits` reads them), `outputs`, `losses`, `weights` [subsets × retrainSeeds × 32], the rest as metadata.
 */
export async function writeTruthPack(file: string, pack: TruthPack): Promise<void> {
  const subsets = pack.members.length;
  const width = Math.ceil(pack.train / 8);
  const masks = new Uint8Array(subsets * width);
  for (const [j, members] of pack.members.entries())
    for (const i of members) masks[j * width + (i >> 3)] |= 0x80 >> (i & 7);
  const parts = encodeArtifact({
    arrays: {
      subsets: { shape: [subsets, width], data: masks },
      outputs: { shape: [subsets, pack.retrainSeeds, pack.queryIds.length], data: pack.outputs },
      losses: { shape: [subsets, pack.retrainSeeds], data: pack.losses },
      weights: {
        shape: [subsets, pack.retrainSeeds, 32],
        data: Uint8Array.from(pack.weights.flatMap((digest) => [...Buffer.from(digest, 'hex')])),
      },
    },
    metadata: {
      format: pack.seeds === undefined ? format : keptFormat,
      task: pack.task,
      key: pack.key,
      taskKey: pack.taskKey,
      ...(pack.fingerprint !== undefined && { fingerprint: pack.fingerprint }),
      engine: pack.engine,
      spec: canonicalJson(pack.spec),
      train: String(pack.train),
      fraction: canonicalJson(pack.fraction),
      ...(pack.stratified === true ? { stratified: 'true' } : {}),
      ...(pack.by !== undefined && { by: pack.by }),
      ...(pack.balanced === true ? { balanced: 'true' } : {}),
      queryIds: canonicalJson(pack.queryIds),
      sanity: canonicalJson(pack.sanity),
    },
  });
  await openFileSystem(dirname(file)).put(basename(file), parts);
}

/**
 * Reads a pack from anywhere: nothing in it is trusted before it is checked.
 * @throws BenchError TRUTH_PACK_MISSING, or TRUTH_PACK_INVALID with what is wrong
 */
export async function readTruthPack(file: string): Promise<TruthPack> {
  try {
    const opened = await openArtifact(openFileSystem(dirname(file)), basename(file));
    if (opened === undefined)
      throw new BenchError({ code: 'TRUTH_PACK_MISSING', place: file, message: 'was not found' });
    if (opened.size > maxPackBytes)
      throw new Malformed(`has ${opened.size} bytes, more than a truth pack may have (${maxPackBytes})`);
    return decode({ arrays: await readArrays(opened), metadata: opened.metadata });
  } catch (error) {
    if (!(error instanceof Malformed)) throw readError(error, file);
    throw new BenchError({
      code: 'TRUTH_PACK_INVALID',
      place: file,
      message: `${error.message}: not a truth pack that can be used`,
      next: 'get it again, or build the truth with `bench truth build`',
      cause: error,
    });
  }
}

const maxPackBytes = 2 ** 31;

function decode({ arrays, metadata }: Artifact): TruthPack {
  const formats: readonly (string | undefined)[] = [format, keptFormat];
  if (!formats.includes(metadata.format))
    throw new Malformed(`has format ${JSON.stringify(metadata.format)}, not "${format}" or "${keptFormat}"`);
  const { subsets: masks, outputs, losses, weights } = arrays;
  if (
    !(masks?.data instanceof Uint8Array) ||
    !(outputs?.data instanceof Float32Array) ||
    !(losses?.data instanceof Float32Array) ||
    !(weights?.data instanceof Uint8Array)
  )
    throw new Malformed('lacks subsets, outputs, losses or weights');
  const train = parsed(metadata, 'train');
  const fraction = parsed(metadata, 'fraction');
  const queryIds = parsed(metadata, 'queryIds');
  const sanity = parsed(metadata, 'sanity');
  if (typeof train !== 'number' || !Number.isSafeInteger(train) || train < 1) throw new Malformed('has no train size');
  if (typeof fraction !== 'number' || fraction <= 0 || fraction > 1) throw new Malformed('has no valid fraction');
  if (!Array.isArray(queryIds) || !queryIds.every((id) => typeof id === 'string'))
    throw new Malformed('has no query ids');
  if (typeof sanity !== 'object' || sanity === null || !Object.values(sanity).every((v) => typeof v === 'number'))
    throw new Malformed('has no sanity values');
  const [m, r, q] = outputs.shape;
  const width = Math.ceil(train / 8);
  const expected: [readonly number[], number[]][] = [
    [masks.shape, [m, width]],
    [outputs.shape, [m, r, queryIds.length]],
    [losses.shape, [m, r]],
    [weights.shape, [m, r, 32]],
  ];
  if (expected.some(([shape, wanted]) => shape.join() !== wanted.join()) || m * r * q === 0)
    throw new Malformed('has arrays whose shapes do not fit together');
  if (!outputs.data.every(Number.isFinite)) throw new Malformed('has outputs that are not finite');
  const bits = masks.data;
  const members = Array.from({ length: m }, (_, j) => unpack(bits.subarray(j * width, (j + 1) * width), train));
  if (members.some((subset) => subset.length !== members[0].length || subset.length === 0))
    throw new Malformed('has subsets of different sizes');
  const digests = Buffer.from(weights.data);
  return {
    task: textOf(metadata, 'task'),
    key: hexOf(metadata, 'key'),
    taskKey: hexOf(metadata, 'taskKey'),
    ...(metadata.fingerprint !== undefined && { fingerprint: hexOf(metadata, 'fingerprint') }),
    engine: textOf(metadata, 'engine'),
    spec: parsed(metadata, 'spec'),
    train,
    fraction,
    ...(metadata.stratified === 'true' ? { stratified: true as const } : {}),
    ...(metadata.by === 'group' ? { by: 'group' as const } : {}),
    ...(metadata.balanced === 'true' ? { balanced: true as const } : {}),
    ...(metadata.format === keptFormat ? { seeds: 'same' as const } : {}),
    retrainSeeds: r,
    members,
    outputs: outputs.data,
    losses: losses.data,
    weights: Array.from({ length: m * r }, (_, i) => digests.toString('hex', i * 32, (i + 1) * 32)),
    queryIds,
    sanity: sanity as Record<string, number>,
  };
}

function unpack(mask: Uint8Array, train: number): Int32Array {
  const members: number[] = [];
  for (let i = 0; i < mask.length * 8; i++) {
    if ((mask[i >> 3] & (0x80 >> (i & 7))) === 0) continue;
    if (i >= train) throw new Malformed('has a subset with a point outside the training set');
    members.push(i);
  }
  return Int32Array.from(members);
}

function parsed(metadata: Artifact['metadata'], name: string): Json {
  try {
    return JSON.parse(textOf(metadata, name));
  } catch (error) {
    if (error instanceof Malformed) throw error;
    throw new Malformed(`has "${name}" that is not JSON`);
  }
}

function textOf(metadata: Artifact['metadata'], name: string): string {
  const value = metadata[name];
  if (value === undefined) throw new Malformed(`has no "${name}"`);
  return value;
}

function hexOf(metadata: Artifact['metadata'], name: string): string {
  const value = textOf(metadata, name);
  if (!/^[0-9a-f]{64}$/.test(value)) throw new Malformed(`has "${name}" that is not a key`);
  return value;
}
