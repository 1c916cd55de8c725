import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BenchError, type FeatureExtractor } from '@attribution-bench/contract';
import { download } from '../data/download.js';
import type { DataEnvironment } from '../data/task-data.js';

/**
 * The bytes of an extractor's file, read from disk or downloaded once into the cache, with the checksum verified.
 * @throws BenchError FEATURES_FILE when there is no such file, FEATURES_CHECKSUM when it is another one or the checksum
 * is not given
 */
export async function readExtractor(extractor: FeatureExtractor, environment: DataEnvironment): Promise<Uint8Array> {
  const expected = extractor.sha256.toLowerCase();
  const remote = /^https?:\/\//.test(extractor.file);
  if (extractor.file === '')
    throw new BenchError({
      code: 'FEATURES_FILE',
      message: 'features of an ONNX model were asked for, and no model was named',
      next: 'set extractor and extractorSha256',
    });
  if (expected !== '' && !/^[0-9a-f]{64}$/.test(expected))
    throw checksumError(extractor, `has a checksum of ${expected.length} characters`, 'give 64 hexadecimal digits');
  if (!remote) return verified(extractor, await read(extractor.file), expected);
  if (expected === '')
    throw checksumError(extractor, 'is downloaded without a checksum', 'set extractorSha256 to that of the file');
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

async function read(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new BenchError({
      code: 'FEATURES_FILE',
      place: file,
      message: `cannot be read (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`,
      next: 'extractor is a path from the folder the command runs in, or a URL',
      cause,
    });
  }
}

function verified(extractor: FeatureExtractor, bytes: Uint8Array, expected: string): Uint8Array {
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found === expected) return bytes;
  if (expected === '')
    throw checksumError(
      extractor,
      `has no checksum, which is part of a result's identity`,
      `set extractorSha256 to ${found}`,
    );
  throw checksumError(
    extractor,
    `has the SHA-256 ${found}, expected ${expected}`,
    'get the right file, or correct extractorSha256',
  );
}

function checksumError(extractor: FeatureExtractor, message: string, next: string): BenchError {
  return new BenchError({ code: 'FEATURES_CHECKSUM', place: extractor.file, message, next });
}
