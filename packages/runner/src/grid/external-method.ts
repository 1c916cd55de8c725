import { statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { BenchError, hashJson, type Json, type ParamSpec, type ParamSpecs } from '@attribution-bench/contract';
import { type AboutScores, readAboutScores } from '@attribution-bench/exchange';
import type { ExternalSource, LoadedMethod, ScoresFile } from '../model/grid.js';
import { EntryProblem } from './entry-problem.js';
import { contentHash } from './named-files.js';
import type { RawGrid } from './schema.js';

/** What `use:` of a method names where its scores come from outside. */
export const externalUses: readonly string[] = ['scores', 'command'];

type Entry = RawGrid['methods'][number];

/**
 * The method that an entry `use: scores` or `use: command` of a grid stands for.
 * @param folder where relative paths start
 * @throws EntryProblem, BenchError FILE_UNREADABLE
 */
export async function externalMethod(
  entry: Entry,
  folder: string,
  { seeds, wanted }: SeedsAround,
): Promise<LoadedMethod & { readonly external: ExternalSource }> {
  const { use, as: id = use, uses = {}, tasks, params: _, grid: __, ...rest } = entry;
  const { external, code, said } =
    use === 'scores' ? await scoreFiles(entry, folder, { seeds, wanted }) : await program(entry, folder);
  const { title = said.title ?? id, family = said.family ?? 'external' } = entry;
  const checkpoints = use === 'scores' ? 0 : (uses.checkpoints ?? 1);
  const trajectory = use === 'scores' ? 0 : (uses.trajectory ?? 0);
  const hash = hashJson(code);
  return {
    external,
    module: id,
    file: `${use} ${hashJson({ ...rest, uses, tasks } as Json)}`,
    code: { hash, parts: { [id]: hash } },
    isolated: false,
    method: {
      id,
      title,
      family,
      origin: 'external',
      cite: '',
      revision: 1,
      scoreShape: entry.global === true ? 'global' : 'pairwise',
      tasks: ['classifier', 'regressor', 'generator', ...(use === 'scores' ? (['foreign'] as const) : [])],
      needs: [
        ...(checkpoints > 0 ? (['checkpoints'] as const) : []),
        ...(trajectory > 0 ? (['trajectory'] as const) : []),
      ],
      params: use === 'scores' ? {} : specsOf(entry),
      selfInfluence: false,
      reads: {},
    },
    uses: async () => ({ checkpoints, trajectory }),
    supports: async () => true,
    adapted: async () => undefined,
  };
}

/** The seeds that methods are run with. */
export interface SeedsAround {
  /** Those of the grid, and those of them that the run is for. */
  readonly seeds: readonly number[];
  readonly wanted: readonly number[];
}

interface Source {
  readonly external: ExternalSource;
  /** Part of the keys of the scores. */
  readonly code: readonly string[];
  /** What the source itself says of its scores. */
  readonly said: AboutScores;
}

async function scoreFiles(entry: Entry, folder: string, { seeds, wanted }: SeedsAround): Promise<Source> {
  const { files, argv, uses, params, grid, cost = {} } = entry;
  if (argv !== undefined) throw new EntryProblem(['argv'], '"argv" is for use: command', 'leave it out');
  if (uses !== undefined) throw new EntryProblem(['uses'], '"uses" is for use: command', 'leave it out');
  for (const [key, values] of Object.entries({ params, grid }))
    if (Object.keys(values).length > 0)
      throw new EntryProblem([key], 'files of scores have no parameters', 'leave them out, or use: command');
  if (files === undefined) throw new EntryProblem(['use'], 'names no files of scores', 'add files: [scores.npz]');
  if (files.length !== 1 && files.length !== seeds.length)
    throw new EntryProblem(
      ['files'],
      `has ${files.length} files, and the grid has ${seeds.length} seed${seeds.length === 1 ? '' : 's'}`,
      `give one file, or one for each of the seeds ${seeds.join(', ')}`,
    );
  const without = files.length === 1 ? undefined : wanted.find((seed) => !seeds.includes(seed));
  if (without !== undefined)
    throw new EntryProblem(['files'], `has no file for the seed ${without} of quick`, 'choose quick.seeds among seeds');
  const found: ScoresFile[] = [];
  let said: AboutScores | undefined;
  for (const [index, file] of files.entries()) {
    const path = resolve(folder, file);
    const sha256 = await contentHash(path).catch((error: unknown) => {
      if (!(error instanceof BenchError)) throw error;
      throw new EntryProblem(['files', index], error.message, error.next ?? '');
    });
    const about = await readAboutScores(path);
    said ??= about;
    const { seconds = about.cost?.seconds, memory = about.cost?.memory, retrainings = about.cost?.retrainings } = cost;
    const declared = {
      ...(seconds !== undefined && { seconds }),
      ...(memory !== undefined && { memory }),
      ...(retrainings !== undefined && { retrainings }),
    };
    found.push({
      path,
      sha256,
      ...(files.length > 1 && { seed: seeds[index] }),
      ...(Object.keys(declared).length > 0 && { cost: declared }),
    });
  }
  return {
    external: { from: 'files', files: found, about: aboutOf(entry) },
    code: found.map(({ sha256 }) => sha256),
    said: said ?? {},
  };
}

async function program(entry: Entry, folder: string): Promise<Source> {
  const { files, cost, argv: words } = entry;
  if (files !== undefined) throw new EntryProblem(['files'], '"files" is for use: scores', 'leave it out');
  if (cost !== undefined)
    throw new EntryProblem(['cost'], '"cost" is for use: scores', 'leave it out: that of a program is measured');
  if (words === undefined) throw new EntryProblem(['use'], 'names no program', 'add argv: [python3, my_method.py]');
  // A relative path of a file beside the grid means that file, wherever the program then runs.
  const argv = words.map((word) => (!isAbsolute(word) && isFile(resolve(folder, word)) ? resolve(folder, word) : word));
  return {
    external: { from: 'program', argv, about: aboutOf(entry) },
    code: await Promise.all(argv.map((word) => (isAbsolute(word) && isFile(word) ? contentHash(word) : word))),
    said: {},
  };
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function aboutOf({ sign, orientation }: Entry): AboutScores {
  return { ...(sign !== undefined && { sign }), ...(orientation !== undefined && { orientation }) };
}

/** A program takes whatever parameters a grid gives it: their types are those of the values. */
function specsOf({ params, grid }: Entry): ParamSpecs {
  const values = [...Object.entries(params), ...Object.entries(grid).map(([key, [first]]) => [key, first] as const)];
  return Object.fromEntries(values.map(([key, value]) => [key, specOf(key, value)]));
}

function specOf(key: string, value: unknown): ParamSpec {
  const help = 'of the program';
  if (typeof value === 'number') return { type: 'num', help };
  if (typeof value === 'boolean') return { type: 'bool', help };
  if (typeof value === 'string') return { type: 'text', help };
  if (Array.isArray(value) && value.length > 0 && !Array.isArray(value[0]))
    return { type: 'list', items: specOf(key, value[0]), help };
  throw new EntryProblem(
    ['params'],
    `has something other than a number, text, boolean or list of these as "${key}"`,
    'give it one',
  );
}
