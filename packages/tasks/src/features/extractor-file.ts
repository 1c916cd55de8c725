import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { BenchError, type FeatureExtractor, isAddress } from '@attribution-bench/contract';
import { download } from '../data/download.js';
import type { DataEnvironment } from '../data/task-data.js';
import { externalWeights } from './external-weights.js';

/**
 * The bytes of an extractor's file, read from disk or downloaded once into the cache, with the checksum verified. Weights
 * that it keeps in other files count into the checksum, lie beside it and are read by ONNX Runtime.
 * @throws BenchError FEATURES_FILE when there is no such file, FEATURES_CHECKSUM when it is another one or the checksum
 * is not given
 */
export async function readExtractor(extractor: FeatureExtractor, environment: DataEnvironment): Promise<Uint8Array> {
  const expected = extractor.sha256.toLowerCase();
  if (extractor.file === '')
    throw new BenchError({
      code: 'FEATURES_FILE',
      message: 'features of an ONNX model were asked for, and no model was named',
      next: 'write extractor: { file: extractor.onnx, sha256: ... }',
    });
  if (expected !== '' && !/^[0-9a-f]{64}$/.test(expected))
    throw checksumError(extractor, `has a checksum of ${expected.length} characters`, 'give 64 hexadecimal digits');
  if (!isAddress(extractor.file)) return verified(extractor, await read(extractor.file), expected);
  if (expected === '')
    throw checksumError(extractor, 'is downloaded without a checksum', 'set extractor.sha256 to that of the file');
  const file = join(environment.cacheFolder, 'extractors', `${expected}.onnx`);
  if (!(await stat(file).catch(() => undefined))) {
    if (environment.offline)
      throw new BenchError({
        code: 'FEATURES_FILE',
        place: extractor.file,
        message: 'is not in the cache, and downloads are off',
        next: `put it at ${file}`,
      });
    const check = async (part: string) => verified(extractor, await read(part), expected);
    await download([extractor.file], file, check, environment.log);
  }
  return verified(extractor, await read(file), expected);
}

/**
 * Whether an extractor's file and weights are there and are those that its checksum says, before anything rests on them. What
 * is still to be downloaded is not looked at.
 * @throws BenchError as {@link readExtractor}
 */
export async function checkExtractor(extractor: FeatureExtractor): Promise<void> {
  if (extractor.file === '' || isAddress(extractor.file)) return;
  await readExtractor(extractor, { cacheFolder: '', log() {} });
}

async function read(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new BenchError({
      code: 'FEATURES_FILE',
      place: file,
      message: `cannot be read (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`,
      next: 'extractor.file is a path from the grid file, or a URL',
      cause,
    });
  }
}

async function verified(extractor: FeatureExtractor, bytes: Uint8Array, expected: string): Promise<Uint8Array> {
  const weights = externalWeights(bytes);
  const hash = createHash('sha256').update(bytes);
  for (const weightFile of weights) {
    const file = placeOfWeights(extractor, weightFile);
    try {
      for await (const part of createReadStream(file)) hash.update(part);
    } catch (cause) {
      throw weightsError(extractor, `keeps weights in ${file}, which cannot be read`, 'put it there', cause);
    }
  }
  const found = hash.digest('hex');
  if (found === expected) return bytes;
  if (expected === '')
    throw checksumError(
      extractor,
      `has no checksum, which is part of a result's identity`,
      `set extractor.sha256 to ${found}`,
    );
  throw checksumError(
    extractor,
    weights.length === 0
      ? `has the SHA-256 ${found}, expected ${expected}`
      : `has the SHA-256 ${found} together with its weights in ${weights.join(', ')}, expected ${expected}`,
    'get the right file, or correct extractor.sha256',
  );
}

/** Where a file with weights lies: in the folder of the model, or below it. */
function placeOfWeights(extractor: FeatureExtractor, weightFile: string): string {
  if (isAddress(extractor.file)) {
    const next = 'get both files and set extractor.file to the path of the model';
    throw weightsError(extractor, `keeps weights in ${weightFile}, which is not downloaded`, next);
  }
  if (isAbsolute(weightFile) || weightFile.split(/[\\/]/).some((part) => part === '..' || part === '')) {
    const next = 'export it with its weights inside the file, or beside it';
    throw weightsError(extractor, `keeps weights in ${JSON.stringify(weightFile)}, outside its folder`, next);
  }
  return join(dirname(extractor.file), weightFile);
}

function weightsError(extractor: FeatureExtractor, message: string, next: string, cause?: unknown): BenchError {
  return new BenchError({ code: 'FEATURES_FILE', place: extractor.file, message, next, cause });
}

function checksumError(extractor: FeatureExtractor, message: string, next: string): BenchError {
  return new BenchError({ code: 'FEATURES_CHECKSUM', place: extractor.file, message, next });
}
