import { createRequire } from 'node:module';
import { makeFolderAtomically } from '@attribution-bench/store';
import { folderWriter } from '../folder-writer.js';
import { writeNpy } from '../formats/write-npy.js';
import { schemas } from '../schemas.js';
import { truthFile } from './description.js';
import { type ForeignTruth, runsOf } from './foreign-truth.js';

const { name, version } = createRequire(import.meta.url)('../../package.json') as { name: string; version: string };

/**
 * Writes a truth in the layout `bench/foreign-truth@1`: masks of what is kept, outputs of which more is more. The same truth
 * gives the same bytes. The folder is there whole or not at all; another one in its place goes.
 * @throws BenchError STORE_FULL, STORE_UNWRITABLE, STORE_WRITE
 */
export async function writeForeignTruth(folder: string, truth: ForeignTruth): Promise<void> {
  const { about, train, queries, members, outputs } = truth;
  const { title, target, seeds, single, recipe, licence, source, cite } = about;
  const subsets = members.length;
  const sizes = members.map(({ length }) => length);
  const even = Math.max(...sizes) - Math.min(...sizes) <= 1;
  const mean = sizes.reduce((sum, size) => sum + size, 0) / subsets;
  const shape = single ? [subsets, runsOf(truth), queries.count] : [subsets, queries.count];
  const type = outputs instanceof Float64Array ? 'float64' : 'float32';
  const fill = async (temporary: string): Promise<void> => {
    const writer = folderWriter(temporary, () => undefined);
    const masks = await writer.write('masks.npy', (append) =>
      writeNpy(append, [subsets, train.count], masksOf(truth), 'uint8'),
    );
    const values = await writer.write('outputs.npy', (append) => writeNpy(append, shape, [outputs], type));
    const described = {
      schema: schemas.foreignTruth,
      title,
      producer: { name, version },
      train,
      queries,
      subsets: { count: subsets, file: masks, form: 'mask', marks: 'kept', fraction: even ? mean / train.count : null },
      outputs: { file: values, seeds, single, sign: 'higher', target },
      recipe,
      licence,
      source,
      cite,
      files: writer.files,
    };
    const text = `${JSON.stringify(described, undefined, 2)}\n`;
    await writer.write(truthFile, (append) => append(new TextEncoder().encode(text)));
  };
  await makeFolderAtomically(folder, fill, { replace: true });
}

/** One row a subset, 1 for the points that it keeps. */
function* masksOf({ members, train }: ForeignTruth): Generator<Uint8Array> {
  for (const kept of members) {
    const mask = new Uint8Array(train.count);
    for (const point of kept) mask[point] = 1;
    yield mask;
  }
}
