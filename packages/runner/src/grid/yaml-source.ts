import { readFile } from 'node:fs/promises';
import { BenchError } from '@attribution-bench/contract';
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLMap,
} from 'yaml';
import { GridErrors, type GridProblem } from './grid-errors.js';

/** Keys and indices that lead from the top of a document to a value. */
export type Path = readonly (string | number)[];

/** A YAML document as plain data that still knows where everything was written. */
export interface YamlSource {
  readonly value: unknown;
  /**
   * `file:line:col` of the value at a path, or of its key; of the deepest part of the path that was written, where the
   * rest was not.
   */
  place(path: Path, part?: 'key' | 'value'): string;
}

const maxBytes = 4 << 20;

/**
 * Reads a YAML 1.2 file (core schema, no merge keys, nothing that holds itself).
 * @throws BenchError CONFIG_MISSING or CONFIG_UNREADABLE, GridErrors for what is not YAML
 */
export async function readYaml(file: string): Promise<YamlSource> {
  return parseYaml(await readText(file), file);
}

/** @throws GridErrors for what is not YAML */
function parseYaml(text: string, file: string): YamlSource {
  const lines = new LineCounter();
  // The parser's own look for keys that are there twice compares all with all: a minute for 50,000 keys.
  const options = { version: '1.2', schema: 'core', uniqueKeys: false, prettyErrors: false } as const;
  const document = parseDocument(text, { ...options, lineCounter: lines });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const wrong = [...document.errors, ...document.warnings];
  if (wrong.length > 0)
    throw new GridErrors(
      wrong.map(({ pos, message }) => ({
        place: at(pos[0]),
        message: message.startsWith('Maximum call stack') ? tooDeep : `is not YAML: ${message}`,
      })),
    );
  const repeated = repeatedKeys(document).map((offset) => ({
    place: at(offset),
    message: 'is not YAML: Map keys must be unique',
  }));
  if (repeated.length > 0) throw new GridErrors(repeated);
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new GridErrors([{ place: at(0), message: `cannot be read: ${(error as Error).message}` }]);
  }
  const written = (node: unknown): Node | undefined =>
    isAlias(node) ? node.resolve(document) : isNode(node) ? node : undefined;
  const pairsOf = new WeakMap<YAMLMap, Map<string, Pair>>();
  const pairOf = (map: YAMLMap, key: string): Pair | undefined => {
    const known = pairsOf.get(map);
    if (known !== undefined) return known.get(key);
    const pairs = new Map<string, Pair>();
    for (const pair of map.items) if (isScalar(pair.key)) pairs.set(String(pair.key.value), pair);
    pairsOf.set(map, pairs);
    return pairs.get(key);
  };
  const source: YamlSource = {
    value,
    place(path, part = 'value') {
      let node = written(document.contents);
      let offset = node?.range?.[0] ?? 0;
      for (const [depth, step] of path.entries()) {
        const pair = isMap(node) ? pairOf(node, String(step)) : undefined;
        const next = pair?.value ?? (isSeq(node) ? node.items[Number(step)] : undefined);
        if (pair === undefined && next === undefined) break;
        const shown = part === 'key' && depth === path.length - 1 ? pair?.key : next;
        offset = (isNode(shown) ? shown : (pair?.key as Node | undefined))?.range?.[0] ?? offset;
        node = written(next);
      }
      return at(offset);
    },
  };
  const problems = unreadable(value, source);
  if (problems.length > 0) throw new GridErrors(problems);
  return source;
}

/** Where keys are written that their mapping has already. */
function repeatedKeys(document: Document): number[] {
  const offsets: number[] = [];
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<string>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        const name = String(key.value);
        if (seen.has(name)) offsets.push(key.range?.[0] ?? 0);
        seen.add(name);
      }
    },
  });
  return offsets;
}

const maxDepth = 50;
const tooDeep = `is nested more than ${maxDepth} deep`;

/** Keys and shapes that YAML allows and a grid file does not. */
function unreadable(value: unknown, source: YamlSource, path: Path = []): GridProblem[] {
  if (typeof value !== 'object' || value === null) return [];
  if (path.length >= maxDepth) return [{ place: source.place(path), message: `${tooDeep}, or holds itself` }];
  const problems: GridProblem[] = [];
  for (const [key, inner] of Object.entries(value)) {
    const here = [...path, Array.isArray(value) ? Number(key) : key];
    const complain = (message: string, next: string) =>
      problems.push({ place: source.place(here, 'key'), message, next });
    if (key === '<<')
      complain('merge keys (<<) are not read', 'a task takes over the settings of another with "extends: <its id>"');
    else if (key === '__proto__') complain('"__proto__" cannot be a key', 'leave it out');
    else problems.push(...unreadable(inner, source, here));
  }
  return problems;
}

async function readText(file: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT')
      throw new BenchError({
        code: 'CONFIG_MISSING',
        place: file,
        message: 'there is no such file',
        next: 'name a grid file with --config',
        cause: error,
      });
    throw new BenchError({
      code: 'CONFIG_UNREADABLE',
      place: file,
      message: code === 'EISDIR' ? 'is a folder, not a grid file' : `cannot be read: ${(error as Error).message}`,
      next: 'name a grid file with --config',
      cause: error,
    });
  }
  if (bytes.length > maxBytes)
    throw new BenchError({
      code: 'CONFIG_UNREADABLE',
      place: file,
      message: `has ${bytes.length} bytes: too many for a grid file`,
      next: 'name a grid file with --config',
    });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new BenchError({
      code: 'CONFIG_UNREADABLE',
      place: file,
      message: 'is not UTF-8 text',
      next: 'save it as UTF-8',
      cause: error,
    });
  }
}
