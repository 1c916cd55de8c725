import { BenchError, isObject } from '@attribution-bench/contract';
import { isListOf, isNumber, isOptional, isText } from '../text/json-shape.js';
import { type Acceptance, type Baseline, baselineSchema } from './baseline.js';

/**
 * Reads a baseline file.
 * @param place the file's name, for errors
 * @throws BenchError BASELINE_INVALID when it is not one, BASELINE_SCHEMA when another version wrote it
 */
export function readBaseline(text: string, place: string): Baseline {
  const parsed = parse(text, place);
  if (parsed.schema !== baselineSchema) {
    throw new BenchError({
      code: 'BASELINE_SCHEMA',
      place,
      message: `is ${parsed.schema}, this version reads ${baselineSchema}`,
      next: 'accept the numbers again: bench accept --reason "baseline of the new version"',
    });
  }
  const { accepted, tasks, rows } = parsed;
  if (typeof parsed.grid !== 'string' || ![accepted, tasks, rows].every(Array.isArray))
    throw invalid(place, 'lacks grid, accepted, tasks or rows');
  const parts = { accepted: isAcceptance, tasks: isTask, rows: isRow };
  for (const [name, isSound] of Object.entries(parts)) {
    const broken = (parsed[name] as unknown[]).findIndex((part) => !isSound(part));
    if (broken !== -1) throw invalid(place, `has a broken entry, ${name}[${broken}]`);
  }
  return parsed as unknown as Baseline;
}

/**
 * The acceptances of a baseline file of any version, for one that takes its place.
 * @throws BenchError BASELINE_INVALID when it is not a baseline
 */
export function readAcceptances(text: string, place: string): readonly Acceptance[] {
  const { schema, accepted } = parse(text, place);
  if (!/^bench\/baseline@\d+$/.test(schema) || !Array.isArray(accepted) || !accepted.every(isAcceptance))
    throw invalid(place, 'is not a baseline');
  return accepted;
}

function parse(text: string, place: string): Record<string, unknown> & { readonly schema: string } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw invalid(place, 'is not JSON', cause);
  }
  if (!isObject(parsed) || typeof parsed.schema !== 'string') throw invalid(place, 'has no schema');
  return { ...parsed, schema: parsed.schema };
}

function isAcceptance(value: unknown): value is Acceptance {
  return isObject(value) && isText(value.reason) && isText(value.at) && isOptional(value.commit, isText);
}

function isTask(value: unknown): boolean {
  return (
    isObject(value) &&
    [value.id, value.key, value.models, value.split].every(isText) &&
    isOptional(value.truth, (truth) => isObject(truth) && isText(truth.subsets) && isText(truth.outputs)) &&
    isListOf(value.metrics, (metric) => isObject(metric) && isText(metric.id) && isObject(metric.params))
  );
}

function isRow(value: unknown): boolean {
  return (
    isObject(value) &&
    isText(value.task) &&
    isText(value.entry) &&
    isListOf(value.seeds, isNumber) &&
    isListOf(value.scoresDigests, isText) &&
    isObject(value.params) &&
    (value.paramsBySeed === undefined || isListOf(value.paramsBySeed, isObject)) &&
    isObject(value.metrics) &&
    Object.values(value.metrics).every((results) => isListOf(results, isResult) && results.length > 0)
  );
}

function isResult(value: unknown): boolean {
  return (
    isObject(value) &&
    isNumber(value.value) &&
    [value.perQuery, value.perSampledQuery].every((values) => isOptional(values, (list) => isListOf(list, isNumber))) &&
    isOptional(value.repeats, (sources) => isObject(sources) && Object.values(sources).every(isPacked)) &&
    isOptional(value.predictions, isPacked) &&
    isOptional(value.outcomes, isText) &&
    isOptional(value.detection, (found) => isObject(found) && isPacked(found.ranks) && isPacked(found.positive))
  );
}

function isPacked(value: unknown): boolean {
  return (
    isObject(value) &&
    ['uint8', 'uint16', 'uint32', 'float64'].some((type) => value.type === type) &&
    isText(value.base64)
  );
}

function invalid(place: string, message: string, cause?: unknown): BenchError {
  return new BenchError({
    code: 'BASELINE_INVALID',
    place,
    message,
    next: 'restore it from version control, or remove it and make it again with bench accept',
    cause,
  });
}
