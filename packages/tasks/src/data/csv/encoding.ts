import { type Column, cellPlace, csvError, shortened, type Table } from './table.js';

/** How cells become numbers. */
export interface EncodingRules {
  readonly missing: 'refuse' | 'drop' | 'mean' | 'median';
  readonly unseen: 'refuse' | 'zeros';
  readonly standardise: boolean;
}

/** What becomes of the cells of a column. */
export interface Encoding {
  /** Numbers of a cell. */
  readonly width: number;
  /** Writes those of a row of a table. @throws BenchError CSV_UNSEEN */
  write(table: Table, row: number, into: Float32Array, at: number): void;
}

const mostCategories = 1000;

/**
 * How a column is encoded, by what the training rows have in it and nothing else.
 * @param index of the column in every table
 * @param train rows of `table` that are trained on
 * @throws BenchError CSV_INVALID when they have no value in it, or more categories than can be inputs
 */
export function encodingOf(table: Table, index: number, train: Int32Array, rules: EncodingRules): Encoding {
  const column = table.columns[index];
  return column.holds === 'numbers'
    ? numbers(table, column, index, train, rules)
    : oneHot(table, column, index, train, rules);
}

/** Mean and standard deviation of the population; 1 in place of a deviation of 0. */
export function momentsOf(values: Float64Array): { readonly mean: number; readonly std: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, std: Math.sqrt(variance) || 1 };
}

function numbers(
  table: Table,
  { name, values }: Column,
  index: number,
  train: Int32Array,
  { missing, standardise }: EncodingRules,
): Encoding {
  const given = Float64Array.from(train, (row) => values[row]).filter((value) => !Number.isNaN(value));
  if (given.length === 0) throw noValues(table, name);
  const filling = missing === 'median' ? medianOf(given) : momentsOf(given).mean;
  const filled = (value: number) => (Number.isNaN(value) ? filling : value);
  const { mean, std } = standardise
    ? momentsOf(Float64Array.from(train, (row) => filled(values[row])))
    : { mean: 0, std: 1 };
  return {
    width: 1,
    write({ columns }, row, into, at) {
      into[at] = (filled(columns[index].values[row]) - mean) / std;
    },
  };
}

function oneHot(
  table: Table,
  { name, values }: Column,
  index: number,
  train: Int32Array,
  { unseen }: EncodingRules,
): Encoding {
  const counts = new Map<string, number>();
  for (const row of train) {
    const category = categoryAt(table, index, values[row]);
    if (category !== undefined) counts.set(category, (counts.get(category) ?? 0) + 1);
  }
  if (counts.size === 0) throw noValues(table, name);
  if (counts.size > mostCategories)
    throw csvError(
      table.place,
      `has ${counts.size} different values in the column ${JSON.stringify(name)}, and each would be an input`,
      'leave the column out with data.ignore',
    );
  const categories = [...counts.keys()].sort();
  const filling = categories.reduce((most, category) => (count(category) > count(most) ? category : most));
  function count(category: string): number {
    return counts.get(category) ?? 0;
  }
  const placeOf = new Map(categories.map((category, place) => [category, place]));
  return {
    width: categories.length,
    write(from, row, into, at) {
      const category = categoryAt(from, index, from.columns[index].values[row]) ?? filling;
      const place = placeOf.get(category);
      if (place !== undefined) into[at + place] = 1;
      else if (unseen === 'refuse')
        throw csvError(
          cellPlace(from, row, name),
          `holds ${shortened(category)}, which no training point has`,
          'set data.unseen to zeros, or raise data.train',
          'CSV_UNSEEN',
        );
    },
  };
}

function categoryAt({ columns }: Table, index: number, code: number): string | undefined {
  const column = columns[index];
  return column.holds === 'categories' ? column.categories[code] : undefined;
}

function noValues({ place }: Table, name: string) {
  return csvError(
    place,
    `has no value in the column ${JSON.stringify(name)} of any training point`,
    'leave the column out with data.ignore',
  );
}

function medianOf(values: Float64Array): number {
  const sorted = values.slice().sort();
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
