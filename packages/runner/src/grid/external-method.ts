import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import { BenchError, hashJson, type ParamSpec, type ParamSpecs } from '@attribution-bench/contract';
import type { AboutScores } from '@attribution-bench/exchange';
import type { ExternalSource, LoadedMethod } from '../model/grid.js';
import type { RawGrid } from './schema.js';

/** What `use:` of a method names where its scores come from outside. */
export const externalUses: readonly string[] = ['scores', 'command'];

type Entry = RawGrid['methods'][number];

/** A problem of an entry, and the key that it is of. */
export class ExternalProblem extends Error {
  constructor(
    readonly key: string,
    message: string,
    readonly next: string,
  ) {
    super(message);
  }
}

/**
 * The method that an entry `use: scores` or `use: command` of a grid stands for.
 * @param folder where relative paths start
 * @throws ExternalProblem, BenchError FILE_UNREADABLE
 */
export async function externalMethod(
  entry: Entry,
  folder: string,
  seeds: readonly number[],
): Promise<LoadedMethod & { readonly external: ExternalSource }> {
  const { use, as: id = use, title = id, family = 'external', uses = {}, tasks } = entry;
  const external = use === 'scores' ? await scoreFiles(entry, folder, seeds) : program(entry, folder);
  const checkpoints = use === 'scores' ? 0 : (uses.checkpoints ?? 1);
  const trajectory = use === 'scores' ? 0 : (uses.trajectory ?? 0);
  const files = external.from === 'files' ? external.files.map(({ sha256 }) => sha256) : await filesOf(external);
  const hash = hashJson(files);
  return {
    external,
    file: `${use}:${id}`,
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
      tasks: ['classifier', 'generator'],
      needs: [
        ...(checkpoints > 0 ? (['checkpoints'] as const) : []),
        ...(trajectory > 0 ? (['trajectory'] as const) : []),
      ],
      params: use === 'scores' ? {} : specsOf(entry),
      selfInfluence: false,
    },
    uses: async () => ({ checkpoints, trajectory }),
    supports: async (task) => tasks === undefined || tasks.includes(task.id) || `is for ${tasks.join(', ')}`,
    adapted: async () => undefined,
  };
}

async function scoreFiles(entry: Entry, folder: string, seeds: readonly number[]): Promise<ExternalSource> {
  const { files, argv, uses } = entry;
  if (argv !== undefined || uses !== undefined)
    throw new ExternalProblem(argv === undefined ? 'uses' : 'argv', 'is for use: command', 'leave it out');
  if (files === undefined) throw new ExternalProblem('use', 'names no files of scores', 'add files: [scores.npz]');
  if (files.length !== 1 && files.length !== seeds.length)
    throw new ExternalProblem(
      'files',
      `has ${files.length} files, and the grid has ${seeds.length} seeds`,
      `give one file, or one for each of the seeds ${seeds.join(', ')}`,
    );
  const found: { path: string; sha256: string }[] = [];
  for (const file of files) {
    const path = resolve(folder, file);
    const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
      throw new BenchError({
        code: 'FILE_UNREADABLE',
        message: `${path} cannot be read (${cause.code ?? cause.message})`,
        next: 'relative paths start at the grid file',
        cause,
      });
    });
    found.push({ path, sha256: createHash('sha256').update(bytes).digest('hex') });
  }
  return { from: 'files', files: found, about: aboutOf(entry) };
}

function program(entry: Entry, folder: string): ExternalSource {
  if (entry.files !== undefined) throw new ExternalProblem('files', 'is for use: scores', 'leave it out');
  if (entry.argv === undefined)
    throw new ExternalProblem('use', 'names no program', 'add argv: [python3, my_method.py]');
  // A relative path of a file beside the grid means that file, wherever the program then runs.
  const argv = entry.argv.map((word) => {
    const path = resolve(folder, word);
    return !isAbsolute(word) && statSync(path, { throwIfNoEntry: false })?.isFile() === true ? path : word;
  });
  return { from: 'program', argv, about: aboutOf(entry) };
}

/** The words of a command, and what is in the files that they name. */
async function filesOf({ argv }: Extract<ExternalSource, { from: 'program' }>): Promise<string[]> {
  return Promise.all(
    argv.map(async (word) =>
      isAbsolute(word) && existsSync(word) && statSync(word).isFile()
        ? createHash('sha256')
            .update(await readFile(word))
            .digest('hex')
        : word,
    ),
  );
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
  throw new ExternalProblem(
    'params',
    `has something other than a number, text, boolean or list of these as "${key}"`,
    'give it one',
  );
}
