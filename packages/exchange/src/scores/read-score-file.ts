import { extname } from 'node:path';
import { BenchError } from '@attribution-bench/contract';
import { openRegularFile } from '@attribution-bench/store';
import { type ArrayFile, arrayFiles, parseNpy, parseNpyTexts } from '@attribution-bench/tasks';
import { readSafetensors } from '../formats/read-safetensors.js';
import { aboutScores } from './about.js';
import type { AboutScores, ScoreFile } from './score-file.js';

/** Endings of the files that scores are read from. */
export const scoreEndings = ['.npy', '.npz', '.safetensors'] as const;

const largestAbout = 2 ** 20;

/**
 * Reads a file of scores, by its ending.
 * @param largest most bytes that the scores and their ids can take
 * @throws BenchError SCORES_FILE, SCORES_META, NPY_INVALID, DATA_CORRUPT, naming the file
 */
export async function readScoreFile(file: string, largest: number): Promise<ScoreFile> {
  const ending = extname(file);
  const size = await sizeOfFile(file);
  if (size > largest)
    throw bad(file, `holds ${size} bytes, and such scores take at most ${largest}`, 'save the scores alone');
  switch (ending) {
    case '.npy':
      return { matrix: parseNpy(await whole(file), file), about: {} };
    case '.npz':
      return fromArchive(file, largest);
    case '.safetensors':
      return fromSafetensors(file, await whole(file));
    default:
      throw bad(file, `ends in "${ending}"`, `scores are read from ${scoreEndings.join(', ')}`);
  }
}

/** What a file says of its scores; nothing where it cannot be read: {@link readScoreFile} says why. */
export async function readAboutScores(file: string): Promise<AboutScores> {
  try {
    switch (extname(file)) {
      case '.npz': {
        const meta = (await arrayFiles(file)).get('meta');
        return meta === undefined ? {} : aboutArchive(await readParts(meta, largestAbout), file).about;
      }
      case '.safetensors':
        return (await fromSafetensors(file, await whole(file))).about;
      default:
        return {};
    }
  } catch {
    return {};
  }
}

function aboutArchive(meta: Buffer, file: string): Pick<ScoreFile, 'task' | 'about'> {
  return aboutScores(json(parseNpyTexts(meta, `${file}: meta`)[0], file, 'meta'), file);
}

async function fromArchive(file: string, largest: number): Promise<ScoreFile> {
  const arrays = await arrayFiles(file);
  const bytes = async (name: string): Promise<Buffer | undefined> => {
    const found = arrays.get(name);
    return found === undefined ? undefined : readParts(found, largest);
  };
  const scores = await bytes('scores');
  if (scores === undefined) throw lacking(file, [...arrays.keys()]);
  const [trainIds, queryIds, meta] = [await bytes('train_ids'), await bytes('query_ids'), await bytes('meta')];
  const texts = (name: string, array: Buffer) => parseNpyTexts(array, `${file}: ${name}`);
  return {
    matrix: parseNpy(scores, `${file}: scores`),
    ...(trainIds && { trainIds: texts('train_ids', trainIds) }),
    ...(queryIds && { queryIds: texts('query_ids', queryIds) }),
    ...(meta === undefined ? { about: {} } : aboutArchive(meta, file)),
  };
}

function fromSafetensors(file: string, bytes: Buffer): ScoreFile {
  const { arrays, metadata } = readSafetensors(bytes, file);
  const matrix = arrays.get('scores')?.();
  if (matrix === undefined) throw lacking(file, [...arrays.keys()]);
  const { train_ids: trainIds, query_ids: queryIds, cost, format: _, ...said } = metadata;
  const checksums = Object.keys(said).filter((name) => name.startsWith('sha256'));
  const about = Object.fromEntries(Object.entries(said).filter(([name]) => !checksums.includes(name)));
  return {
    matrix,
    ...(trainIds !== undefined && { trainIds: listOfTexts(trainIds, file, 'train_ids') }),
    ...(queryIds !== undefined && { queryIds: listOfTexts(queryIds, file, 'query_ids') }),
    ...aboutScores({ ...about, ...(cost !== undefined && { cost: json(cost, file, 'cost') }) }, file),
  };
}

function listOfTexts(value: string, file: string, name: string): string[] {
  const list = json(value, file, name);
  if (Array.isArray(list) && list.every((text) => typeof text === 'string')) return list;
  throw bad(file, `has ${name} that are not a list of texts`, 'save them as JSON: json.dumps(ids)');
}

function json(text: string | undefined, file: string, name: string): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch (cause) {
    throw bad(file, `has a ${name} that is not JSON`, 'save it with json.dumps', cause);
  }
}

async function whole(file: string): Promise<Buffer> {
  const { handle } = await openRegularFile(file);
  try {
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

async function sizeOfFile(file: string): Promise<number> {
  try {
    const { handle, stats } = await openRegularFile(file);
    await handle.close();
    return stats.size;
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const reason = missing ? 'was not found' : `cannot be read: ${cause instanceof Error ? cause.message : cause}`;
    throw bad(file, reason, 'check the path and that you may read it', cause);
  }
}

async function readParts({ place, bytes, parts }: ArrayFile, largest: number): Promise<Buffer> {
  if (bytes > largest)
    throw bad(place, `holds ${bytes} bytes, and such scores take at most ${largest}`, 'save the scores alone');
  const read: Buffer[] = [];
  for await (const part of parts()) read.push(part);
  return Buffer.concat(read);
}

function lacking(file: string, found: readonly string[]): BenchError {
  const names = found.length === 0 ? 'nothing' : found.slice(0, 10).join(', ');
  return bad(file, `has no array "scores"; it has ${names}`, 'save the scores under this name');
}

function bad(place: string, message: string, next: string, cause?: unknown): BenchError {
  return new BenchError({ code: 'SCORES_FILE', place, message, next, cause });
}
