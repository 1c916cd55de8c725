import { BenchError, type Json } from '@attribution-bench/contract';

/** Widest line that an array or object is put on whole. */
const lineWidth = 120;

/**
 * Indented JSON whose short arrays and objects, and all arrays of numbers, stand on one line: made to be read and diffed.
 * @throws BenchError BOARD_NOT_FINITE for NaN and infinities, which JSON would turn into null
 */
export function readableJson(value: object): string {
  return `${layOut(JSON.parse(JSON.stringify(value, finite)) as Json, '')}\n`;
}

function finite(key: string, value: unknown): unknown {
  if (typeof value !== 'number' || Number.isFinite(value)) return value;
  throw new BenchError({
    code: 'BOARD_NOT_FINITE',
    place: key,
    message: `is ${value}, which JSON cannot express`,
    next: 'run it again with --debug and report what it prints',
  });
}

function layOut(value: Json, indent: string): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const flat = oneLine(value);
  const numbers = Array.isArray(value) && value.every((item) => typeof item === 'number');
  if (numbers || indent.length + flat.length <= lineWidth) return flat;
  const inner = `${indent}  `;
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  const members = Array.isArray(value)
    ? value.map((item) => layOut(item, inner))
    : Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}: ${layOut(member ?? null, inner)}`);
  return `${open}\n${members.map((member) => inner + member).join(',\n')}\n${indent}${close}`;
}

function oneLine(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}: ${oneLine(member ?? null)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}
