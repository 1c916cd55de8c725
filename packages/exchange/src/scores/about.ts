import { BenchError, isObject } from '@attribution-bench/contract';
import { schemas } from '../schemas.js';
import type { AboutScores, DeclaredCost, Orientation, ScoreFile, Sign } from './score-file.js';

const signs: readonly Sign[] = ['raises', 'lowers'];
const orientations: readonly Orientation[] = ['queries-by-train', 'train-by-queries'];
const members = ['schema', 'task', 'sign', 'orientation', 'title', 'family', 'cost'];
const costs: readonly (keyof DeclaredCost)[] = ['seconds', 'memory', 'retrainings'];
const longestText = 200;

/**
 * Checks what a file says of its scores.
 * @param given parsed JSON
 * @throws BenchError SCORES_META naming the file and the member
 */
export function aboutScores(given: unknown, place: string): Pick<ScoreFile, 'task' | 'about'> {
  if (!isObject(given)) throw wrong(place, 'describes its scores by something other than a JSON object');
  const stray = Object.keys(given).find((name) => !members.includes(name));
  if (stray !== undefined) throw wrong(place, `says "${stray.slice(0, 40)}" of its scores, which is not known`);
  const { schema, task, sign, orientation, title, family, cost } = given;
  if (schema !== undefined && schema !== schemas.scores)
    throw wrong(place, `is of the schema ${JSON.stringify(schema)}, and ${schemas.scores} is read`);
  return {
    ...optional('task', text(place, 'task', task)),
    about: {
      ...optional('sign', oneOf(place, 'sign', sign, signs)),
      ...optional('orientation', oneOf(place, 'orientation', orientation, orientations)),
      ...optional('title', text(place, 'title', title)),
      ...optional('family', text(place, 'family', family)),
      ...optional('cost', cost === undefined ? undefined : declaredCost(place, cost)),
    },
  };
}

/**
 * What is said in a grid and in a file together; the grid's words come first.
 * @throws BenchError SCORES_META where they cannot both be true
 */
export function merged(declared: AboutScores, file: AboutScores, place: string): AboutScores {
  for (const name of ['sign', 'orientation'] as const) {
    const [said, found] = [declared[name], file[name]];
    if (said === undefined || found === undefined || said === found) continue;
    throw wrong(
      place,
      `says ${name} "${found}", and the grid says "${said}"`,
      `leave ${name} out of the grid, or correct it`,
    );
  }
  return { ...file, ...declared };
}

function optional<K extends string, T>(name: K, value: T | undefined): { readonly [key in K]?: T } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [key in K]?: T });
}

function text(place: string, name: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  if (typeof value === 'string' && value.length <= longestText && !/[\u0000-\u001f\u007f]/.test(value)) return value;
  throw wrong(place, `has a ${name} that is not a text of at most ${longestText} characters`);
}

function oneOf<T extends string>(place: string, name: string, value: unknown, known: readonly T[]): T | undefined {
  if (value === undefined) return undefined;
  const found = known.find((one) => one === value);
  if (found !== undefined) return found;
  throw wrong(place, `says ${name} ${JSON.stringify(value).slice(0, 60)}`, `say ${known.join(' or ')}`);
}

function declaredCost(place: string, value: unknown): DeclaredCost {
  if (!isObject(value)) throw wrong(place, 'has a cost that is not a JSON object');
  const stray = Object.keys(value).find((name) => !costs.some((known) => known === name));
  if (stray !== undefined)
    throw wrong(place, `says "${stray.slice(0, 40)}" of its cost`, `a cost has ${costs.join(', ')}`);
  for (const [name, number] of Object.entries(value))
    if (typeof number !== 'number' || !Number.isFinite(number) || number < 0)
      throw wrong(place, `has a cost whose ${name} is not a number of at least 0`);
  return value as DeclaredCost;
}

function wrong(place: string, message: string, next = `see ${schemas.scores} in docs/any-language.md`): BenchError {
  return new BenchError({ code: 'SCORES_META', place, message, next });
}
