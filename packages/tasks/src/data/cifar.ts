import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { BenchError, choice, file, list } from '@attribution-bench/contract';
import { archiveParts } from './archive.js';
import { cifar10Classes, cifar100Classes } from './cifar-classes.js';
import { type Dataset, defineDataset, type Partition, type PointSource, type PutRows, pointParams } from './dataset.js';
import { download } from './download.js';
import { isFile } from './is-file.js';
import { keepOrigin } from './origin.js';
import type { DataEnvironment } from './task-data.js';

/** A CIFAR data set in its official binary archive: records of labels and 3072 pixels, the channels one after another. */
export interface CifarArchive {
  readonly id: string;
  readonly file: string;
  readonly url: string;
  /** MD5 as published on the data set's home page. */
  readonly md5: string;
  readonly folder: string;
  readonly train: readonly string[];
  readonly test: string;
  /** Labels before the pixels of a record, and which of them is the class. */
  readonly labelBytes: number;
  readonly labelAt: number;
  readonly trainRecords: number;
  readonly testRecords: number;
  readonly classNames: readonly string[];
}

const side = 32;
const channels = 3;
const pixels = side * side * channels;
const home = 'https://www.cs.toronto.edu/~kriz/cifar.html';
const published = 'research use; Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images';

export const cifar10Archive: CifarArchive = {
  id: 'cifar10',
  file: 'cifar-10-binary.tar.gz',
  url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
  md5: 'c32a1d4ab5d03f1284b67883e8d87530',
  folder: 'cifar-10-batches-bin',
  train: [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`),
  test: 'test_batch.bin',
  labelBytes: 1,
  labelAt: 0,
  trainRecords: 10_000,
  testRecords: 10_000,
  classNames: cifar10Classes,
};

export const cifar100Archive: CifarArchive = {
  id: 'cifar100',
  file: 'cifar-100-binary.tar.gz',
  url: 'https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz',
  md5: '03b5dce01913d631647c71ecec9e9cb8',
  folder: 'cifar-100-binary',
  train: ['train.bin'],
  test: 'test.bin',
  labelBytes: 2,
  labelAt: 1,
  trainRecords: 50_000,
  testRecords: 10_000,
  classNames: cifar100Classes,
};

/** CIFAR-10, 32×32×3, pixels divided by 255; queries come from its test set. */
export const cifar10 = cifarDataset('CIFAR-10, 32×32 colour', cifar10Archive);

/** CIFAR-100 with its fine labels, 32×32×3, pixels divided by 255; queries come from its test set. */
export const cifar100 = cifarDataset('CIFAR-100, 32×32 colour, fine labels', cifar100Archive);

function cifarDataset(title: string, archive: CifarArchive): Dataset {
  return defineDataset({
    id: archive.id,
    title,
    licence: published,
    home,
    params: {
      ...pointParams({ train: 5000, queries: 500 }),
      classes: list(choice(archive.classNames, { help: 'a class' }), {
        default: [],
        help: 'classes to keep; none named: all',
      }),
      path: file({
        default: '',
        help: `the archive ${archive.file}, or a folder that holds it; left out: the cache, or a download into it`,
      }),
    },
    load: ({ path }, environment) => loadCifar(archive, path, environment),
  });
}

/**
 * Loads a CIFAR archive from `path`, or the cache, or downloads it.
 * @param path the archive or its folder; '' to look into the cache and download
 * @throws BenchError DATA_MISSING, DATA_CORRUPT, DATA_CHECKSUM or DATA_DOWNLOAD
 */
export async function loadCifar(
  archive: CifarArchive,
  path: string,
  environment: DataEnvironment,
): Promise<PointSource> {
  const file = await locateArchive(archive, path, environment);
  const labels = {
    train: new Uint8Array(archive.train.length * archive.trainRecords),
    test: new Uint8Array(archive.testRecords),
  };
  for await (const { part, row, label } of records(archive, file)) labels[part][row] = label;
  const partition = (part: Part): Partition => ({
    name: part,
    values: (rows, put) => readPixels(archive, file, part, rows, put),
    scale: 1 / 255,
    labels: labels[part],
  });
  return {
    inputShape: [side, side, channels],
    classNames: archive.classNames,
    pixels: true,
    train: partition('train'),
    heldout: partition('test'),
  };
}

type Part = 'train' | 'test';

interface CifarRecord {
  readonly part: Part;
  /** In its part: the members one after the other. */
  readonly row: number;
  readonly label: number;
  /** [channels × side × side], until the next record is read. */
  readonly pixels: Uint8Array;
}

/** Reads the archive once, record by record, in the order in which it holds its members. */
async function* records(archive: CifarArchive, file: string): AsyncGenerator<CifarRecord> {
  const { folder, train, test, labelBytes, labelAt, trainRecords, testRecords, classNames } = archive;
  const recordBytes = labelBytes + pixels;
  const members = new Map<string, { readonly part: Part; readonly first: number; readonly bytes: number }>();
  for (const [index, member] of train.entries())
    members.set(`${folder}/${member}`, {
      part: 'train',
      first: index * trainRecords,
      bytes: trainRecords * recordBytes,
    });
  members.set(`${folder}/${test}`, { part: 'test', first: 0, bytes: testRecords * recordBytes });
  const record = new Uint8Array(recordBytes);
  const sizes = new Map(Array.from(members, ([name, { bytes }]) => [name, bytes]));
  for await (const { name, at, bytes } of archiveParts(file, sizes)) {
    const { part, first } = members.get(name) as { part: Part; first: number };
    for (let taken = 0; taken < bytes.length; ) {
      const filled = (at + taken) % recordBytes;
      const more = bytes.subarray(taken, taken + recordBytes - filled);
      record.set(more, filled);
      taken += more.length;
      if (filled + more.length < recordBytes) continue;
      const inMember = (at + taken) / recordBytes - 1;
      const label = record[labelAt];
      if (label >= classNames.length) {
        throw new BenchError({
          code: 'DATA_CORRUPT',
          place: `${file}: ${name}`,
          message: `record ${inMember} has label ${label}, expected 0 to ${classNames.length - 1}`,
          next: 'delete the archive and get it again',
        });
      }
      yield { part, row: first + inMember, label, pixels: record.subarray(labelBytes) };
    }
  }
}

/** Puts the pixels of chosen rows in their places, brought from channel-first to channel-last order. */
async function readPixels(
  archive: CifarArchive,
  file: string,
  wanted: Part,
  rows: Int32Array,
  put: PutRows,
): Promise<undefined> {
  const places = new Map(Array.from(rows, (row, place) => [row, place]));
  const plane = side * side;
  const turned = new Uint8Array(pixels);
  let done = 0;
  for await (const { part, row, pixels: planes } of records(archive, file)) {
    const place = part === wanted ? places.get(row) : undefined;
    if (place === undefined) continue;
    for (let at = 0; at < plane; at++)
      for (let channel = 0; channel < channels; channel++)
        turned[at * channels + channel] = planes[channel * plane + at];
    put(place, turned);
    if (++done === rows.length) return;
  }
}

/**
 * Where the archive is: at `path`, or in the cache, into which it is downloaded.
 * @throws BenchError DATA_MISSING, DATA_CHECKSUM, DATA_DOWNLOAD
 */
export async function locateArchive(
  archive: CifarArchive,
  path: string,
  { cacheFolder, offline, log }: DataEnvironment,
): Promise<string> {
  const target = join(cacheFolder, archive.id, archive.file);
  const candidates = path === '' ? [target] : [path, join(path, archive.file)];
  for (const candidate of candidates) {
    if (!(await isFile(candidate))) continue;
    await verifyArchive(candidate, archive);
    return candidate;
  }
  const missing = (next: string) =>
    new BenchError({
      code: 'DATA_MISSING',
      place: archive.id,
      message: `found no ${archive.file} at ${candidates.join(' or ')}`,
      next,
    });
  if (path !== '') throw missing('set data.path to the archive or to the folder that holds it');
  if (offline === true)
    throw missing(
      `run bench data get ${archive.id} with a network connection, put ${archive.url} there, or set data.path to it`,
    );
  const from = await download([archive.url], target, (file) => verifyArchive(file, archive), log);
  if (from !== undefined) await keepOrigin(target, from);
  return target;
}

/** @throws BenchError DATA_CHECKSUM */
export async function verifyArchive(file: string, archive: CifarArchive): Promise<void> {
  const hash = createHash('md5');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  const found = hash.digest('hex');
  if (found === archive.md5) return;
  throw new BenchError({
    code: 'DATA_CHECKSUM',
    place: file,
    message: `is not the published ${archive.file}: its MD5 is ${found}, expected ${archive.md5} (truncated or altered)`,
    next: 'delete it and get it again',
  });
}
