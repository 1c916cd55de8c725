import type { Partition, PointSource } from './dataset.js';
import { type IdxFiles, type IdxName, idxNames, idxSide, locate, readVerified } from './idx-files.js';
import type { DataEnvironment } from './task-data.js';

/**
 * Loads the four files from `path`, or from where they are usually found, or from the cache, or downloads them.
 * @param path a folder with the files, gzipped or not; '' to look and download
 * @throws BenchError DATA_MISSING, DATA_CORRUPT, DATA_CHECKSUM or DATA_DOWNLOAD
 */
export async function loadIdxDataset(
  files: IdxFiles,
  path: string,
  environment: DataEnvironment,
): Promise<PointSource> {
  const read = async (name: IdxName): Promise<Uint8Array> =>
    readVerified(files, await locate(files, name, path, environment), name);
  const partition = async (name: 'train' | 'test'): Promise<Partition> => {
    const values = await read(idxNames[`${name}Images`]);
    const labels = await read(idxNames[`${name}Labels`]);
    return { name, values, scale: 1 / 255, labels };
  };
  return {
    inputShape: [idxSide, idxSide, 1],
    classNames: files.classNames,
    pixels: true,
    train: await partition('train'),
    heldout: await partition('test'),
  };
}
