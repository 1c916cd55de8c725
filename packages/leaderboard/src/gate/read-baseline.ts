import { BenchError } from '@attribution-bench/contract';
import { type Baseline, baselineSchema } from './baseline.js';

/**
 * Reads a baseline file.
 * @param place the file's name, for errors
 * @throws BenchError BASELINE_INVALID when it is not one, BASELINE_SCHEMA when another version wrote it
 */
export function readBaseline(text: string, place: string): Baseline {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw invalid(place, 'is not JSON', cause);
  }
  if (!isRecord(parsed) || typeof parsed.schema !== 'string') throw invalid(place, 'has no schema');
  if (parsed.schema !== baselineSchema) {
    throw new BenchError({
      code: 'BASELINE_SCHEMA',
      place,
      message: `is ${parsed.schema}, this version reads ${baselineSchema}`,
      next: 'make it again with bench accept',
    });
  }
  const rows = parsed.rows;
  if (typeof parsed.grid !== 'string' || ![parsed.accepted, parsed.tasks, rows].every(Array.isArray))
    throw invalid(place, 'lacks grid, accepted, tasks or rows');
  const broken = (rows as unknown[]).findIndex((row) => !isRow(row));
  if (broken !== -1) throw invalid(place, `has a broken row, rows[${broken}]`);
  return parsed as unknown as Baseline;
}

function isRow(row: unknown): boolean {
  return (
    isRecord(row) &&
    typeof row.task === 'string' &&
    typeof row.entry === 'string' &&
    Array.isArray(row.seeds) &&
    Array.isArray(row.scoresDigests) &&
    isRecord(row.params) &&
    isRecord(row.metrics) &&
    Object.values(row.metrics).every(
      (results) =>
        Array.isArray(results) && results.every((result) => isRecord(result) && typeof result.value === 'number'),
    )
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(place: string, message: string, cause?: unknown): BenchError {
  return new BenchError({
    code: 'BASELINE_INVALID',
    place,
    message,
    next: 'restore it from version control or make it again with bench accept',
    cause,
  });
}
