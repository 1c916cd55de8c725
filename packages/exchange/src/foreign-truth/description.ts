import { BenchError } from '@attribution-bench/contract';
import { z } from 'zod';
import { schemas } from '../schemas.js';

/** Name of the file that says what the others are. */
export const truthFile = 'truth.json';

const most = 100_000_000;
const count = z.int().min(1).max(most);
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
const printable = /^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$/;
const words = (length: number) => z.string().trim().min(1).max(length).regex(printable, 'has control characters');
const fileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'is no plain file name');
const points = z.strictObject({ count, ids: z.array(z.string().min(1).max(1000).regex(printable)).exactOptional() });

const description = z.strictObject({
  schema: z.literal(schemas.foreignTruth),
  title: words(200),
  producer: z.unknown().optional(),
  train: points,
  queries: points,
  subsets: z.strictObject({
    count: count.min(2),
    file: fileName,
    form: z.enum(['mask', 'indices']),
    marks: z.enum(['kept', 'left-out']),
    fraction: z.number().gt(0).lt(1).nullable().default(null),
  }),
  outputs: z.strictObject({
    file: fileName,
    seeds: count.nullable().default(null),
    single: z.boolean(),
    sign: z.enum(['higher', 'lower']),
    target: words(500),
  }),
  recipe: words(2000).nullable().default(null),
  licence: words(200),
  source: words(1000),
  cite: words(1000).nullable().default(null),
  files: z.record(
    z.string(),
    z.strictObject({ bytes: z.int().min(0), sha256: z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256') }),
  ),
});

/** What `truth.json` says, checked (packages/python-client writes it; docs/foreign-truths.md describes it). */
export type Description = z.output<typeof description>;

/** @throws BenchError FOREIGN_INVALID naming the member that is wrong */
export function parseDescription(text: string, place: string): Description {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw foreignInvalid(place, `is not JSON: ${cause instanceof Error ? cause.message : cause}`);
  }
  const result = description.safeParse(value, { reportInput: true });
  if (!result.success) {
    const [{ path, message }] = result.error.issues;
    const at = path.length === 0 ? '' : `"${path.join('.').slice(0, 80)}": `;
    throw foreignInvalid(place, `does not say what ${schemas.foreignTruth} says: ${at}${message}`);
  }
  const { train, queries, outputs } = result.data;
  for (const [name, { count, ids }] of [['train', train] as const, ['queries', queries] as const])
    if (ids !== undefined && (ids.length !== count || new Set(ids).size !== count))
      throw foreignInvalid(place, `has ${name}.ids that do not name ${count} points once each`);
  if (outputs.single && outputs.seeds === null)
    throw foreignInvalid(place, 'says outputs.single: true and not how many seeds there are');
  return result.data;
}

export function foreignInvalid(place: string, message: string, next = 'see docs/foreign-truths.md'): BenchError {
  return new BenchError({ code: 'FOREIGN_INVALID', place, message, next });
}
