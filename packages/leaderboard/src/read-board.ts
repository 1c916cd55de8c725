import { BenchError, isObject } from '@attribution-bench/contract';
import { type Board, type BoardCosts, boardCostsSchema, boardSchema } from './board.js';
import { hasNumbers, isListOf, isNumber, isOptional, isText } from './text/json-shape.js';

/**
 * The board in a board.json, which may come from anywhere.
 * @param place where the text is from, for errors
 * @throws BenchError BOARD_INVALID when it is not a whole board of this version
 */
export function readBoard(text: string, place: string): Board {
  const parsed = parse(text, place);
  if (parsed.schema !== boardSchema) throw invalid(place, `is not a board of this version (${boardSchema})`);
  const parts = { metrics: isMetric, methods: isMethod, tasks: isTask, rows: isRow };
  for (const [name, isSound] of Object.entries(parts)) {
    const list = parsed[name];
    if (!Array.isArray(list)) throw invalid(place, `has no list of ${name}`);
    const broken = list.findIndex((part) => !isSound(part));
    if (broken !== -1) throw invalid(place, `has a broken entry, ${name}[${broken}]`);
  }
  const { statistics } = parsed;
  if (
    !isText(parsed.grid) ||
    !isNumber(parsed.gridSeed) ||
    !isObject(statistics) ||
    !hasNumbers(statistics, ['ci', 'resamples', 'familyError'])
  )
    throw invalid(place, 'lacks its grid, seed or statistics');
  if (!Array.isArray(parsed.overall)) throw invalid(place, 'has no list of what is over all tasks');
  return parsed as unknown as Board;
}

/**
 * The costs in a board-costs.json; undefined where the text is none of this version.
 */
export function readCosts(text: string): BoardCosts | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return isObject(parsed) &&
      parsed.schema === boardCostsSchema &&
      isObject(parsed.provenance) &&
      isListOf(parsed.rows, (row) => isObject(row) && isText(row.task) && isText(row.entry))
      ? (parsed as unknown as BoardCosts)
      : undefined;
  } catch {
    return undefined;
  }
}

function parse(text: string, place: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw invalid(place, 'is not JSON', cause);
  }
  if (!isObject(parsed)) throw invalid(place, 'is not a board');
  return parsed;
}

function isMetric(value: unknown): boolean {
  return (
    isObject(value) &&
    isText(value.id) &&
    isText(value.title) &&
    typeof value.higherIsBetter === 'boolean' &&
    isObject(value.params)
  );
}

function isMethod(value: unknown): boolean {
  return isObject(value) && isText(value.id) && isText(value.title) && isNumber(value.revision);
}

function isTask(value: unknown): boolean {
  return (
    isObject(value) &&
    [value.id, value.kind, value.dataset, value.target].every(isText) &&
    hasNumbers(value, ['train', 'queries', 'parameters', 'classes', 'epochs', 'batch']) &&
    isListOf(value.inputShape, isNumber) &&
    isObject(value.sanity) &&
    Object.values(value.sanity).every(isNumber) &&
    isSize(value.report) &&
    isOptional(value.tune, isSize) &&
    isOptional(value.truth, isTruth)
  );
}

function isSize(value: unknown): boolean {
  return isObject(value) && hasNumbers(value, ['subsets', 'queries']);
}

function isTruth(value: unknown): boolean {
  return isObject(value) && isText(value.key) && hasNumbers(value, ['subsets', 'retrainSeeds', 'fraction', 'points']);
}

function isRow(value: unknown): boolean {
  return (
    isObject(value) &&
    [value.kind, value.task, value.entry, value.method, value.title, value.family, value.status].every(isText) &&
    isListOf(value.seeds, isNumber) &&
    isListOf(value.varied, isText) &&
    Array.isArray(value.sweep) &&
    isObject(value.metrics) &&
    Object.values(value.metrics).every(isValue) &&
    isOptional(value.params, isObject) &&
    isOptional(value.paramsBySeed, (list) => isListOf(list, isObject)) &&
    isOptional(value.rank, (rank) => isObject(rank) && hasNumbers(rank, ['point', 'low', 'high'])) &&
    isOptional(value.groups, isText)
  );
}

function isValue(value: unknown): boolean {
  return (
    isObject(value) &&
    isEstimate(value) &&
    isListOf(value.perSeed, isNumber) &&
    isOptional(value.perQuery, (list) => isListOf(list, isNumber)) &&
    [value.ofCeiling, value.toBest, value.toRandom].every((part) => isOptional(part, isEstimate))
  );
}

function isEstimate(value: unknown): boolean {
  return isObject(value) && hasNumbers(value, ['value', 'low', 'high']);
}

function invalid(place: string, message: string, cause?: unknown): BenchError {
  return new BenchError({
    code: 'BOARD_INVALID',
    place,
    message,
    next: 'make the board again with bench report, or name another one',
    cause,
  });
}
