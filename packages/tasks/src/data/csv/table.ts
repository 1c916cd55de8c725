import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { BenchError, type ErrorCode } from '@attribution-bench/contract';

/** A column as it is read: numbers, or places in `categories`; NaN where a cell is missing. */
export type Column =
  | { readonly name: string; readonly holds: 'numbers'; readonly values: number[] }
  | { readonly name: string; readonly holds: 'categories'; readonly values: number[]; readonly categories: string[] };

/** A column that is wanted of a file. */
export type Wanted = Pick<Column, 'name' | 'holds'>;

/** The wanted columns of a CSV file, row by row. */
export interface Table {
  /** The file, for messages. */
  readonly place: string;
  readonly columns: readonly Column[];
  /** The line of the file that each row ends on, counted from 1, [rows]. */
  readonly lines: readonly number[];
}

export const delimiters = { comma: ',', semicolon: ';', tab: '\t', pipe: '|' } as const;

export interface CsvFormat {
  readonly delimiter: keyof typeof delimiters;
  /** What cells say that are missing, besides nothing. */
  readonly missingText: readonly string[];
}

const largestFile = 2 ** 29;
const longestRow = 2 ** 20;
/** How a number is written. */
export const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * Reads a CSV file (RFC 4180) with a header line, in parts.
 * @param wanted the columns to read, from the names in the header
 * @throws BenchError DATA_MISSING, DATA_TOO_LARGE, CSV_INVALID, or what `wanted` throws
 */
export async function readTable(
  path: string,
  { delimiter, missingText }: CsvFormat,
  wanted: (header: readonly string[]) => readonly Wanted[],
): Promise<Table> {
  await checkTableFile(path);
  const { parse, CsvError } = await import('csv-parse');
  const parser = parse({
    bom: true,
    delimiter: delimiters[delimiter],
    info: true,
    max_record_size: longestRow,
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
  });
  const missing = new Set(['', ...missingText]);
  const lines: number[] = [];
  let header: readonly string[] | undefined;
  let readers: readonly { readonly at: number; readonly column: Column; read(text: string, line: number): void }[] = [];
  const readRow = (cells: readonly string[], line: number) => {
    if (header === undefined) {
      header = checkedHeader(cells, path, delimiter);
      const names = header;
      readers = wanted(names).map((column) => ({ at: names.indexOf(column.name), ...readerOf(column, missing, path) }));
      return;
    }
    if (cells.length !== header.length)
      throw csvError(
        `${path}:${line}`,
        `has ${cells.length} cells, and the header names ${header.length} columns`,
        'write one cell per column; quote cells that contain the delimiter',
      );
    for (const { at, read } of readers) read(cells[at], line);
    lines.push(line);
  };
  const file = createReadStream(path).on('error', (error) => parser.destroy(error));
  try {
    const records = file.pipe(parser) as AsyncIterable<{ record: string[]; info: { lines: number } }>;
    for await (const { record, info } of records) readRow(record, info.lines);
  } catch (error) {
    if (error instanceof CsvError) throw syntaxError(path, error.code, Number(error.lines));
    if (error instanceof BenchError) throw error;
    throw new BenchError({
      code: 'DATA_CORRUPT',
      place: path,
      message: `cannot be read (${(error as NodeJS.ErrnoException).code ?? (error as Error).message})`,
      next: 'check the file and its permissions',
      cause: error,
    });
  } finally {
    file.destroy();
  }
  if (header === undefined) throw csvError(path, 'is empty', 'write a header line with the names of the columns');
  if (lines.length === 0) throw csvError(path, 'has a header and no rows', 'add rows');
  return { place: path, columns: readers.map(({ column }) => column), lines };
}

/** Where a cell is, for messages. */
export function cellPlace({ place, lines }: Pick<Table, 'place' | 'lines'>, row: number, column: string): string {
  return `${place}:${lines[row]}, column ${JSON.stringify(column)}`;
}

export function csvError(place: string, message: string, next: string, code: ErrorCode = 'CSV_INVALID'): BenchError {
  return new BenchError({ code, place, message, next });
}

/** The size of a file that can be read as a table, in bytes. @throws BenchError DATA_MISSING, DATA_TOO_LARGE */
export async function checkTableFile(path: string): Promise<number> {
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => cause);
  if (found instanceof Error || !found.isFile())
    throw new BenchError({
      code: 'DATA_MISSING',
      place: path,
      message: found instanceof Error ? `cannot be read (${found.code})` : 'is not a file',
      next: 'name a CSV file in data.path, as seen from the grid file',
    });
  if (found.size > largestFile)
    throw new BenchError({
      code: 'DATA_TOO_LARGE',
      place: path,
      message: `is ${Math.ceil(found.size / 2 ** 20)} MiB; tables are read up to ${largestFile / 2 ** 20} MiB`,
      next: 'save it as NumPy arrays, of which only the chosen points are held (use: arrays)',
    });
  return found.size;
}

function checkedHeader(names: readonly string[], path: string, delimiter: CsvFormat['delimiter']): readonly string[] {
  const nameless = names.indexOf('');
  if (nameless !== -1)
    throw csvError(path, `has no name for column ${nameless + 1}`, 'begin the file with the names of all columns');
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined)
    throw csvError(path, `names the column ${JSON.stringify(twice)} twice`, 'give every column a name of its own');
  const other = Object.entries(delimiters).find(([name, sign]) => name !== delimiter && names[0].includes(sign));
  if (names.length === 1 && other !== undefined)
    throw csvError(path, `has one column if ${delimiter} is the delimiter`, `set data.delimiter to ${other[0]}`);
  return names;
}

/** A column that is empty yet, and what adds a cell to it. */
function readerOf({ name, holds }: Wanted, missing: ReadonlySet<string>, path: string) {
  const values: number[] = [];
  if (holds === 'numbers') {
    const read = (text: string, line: number) => {
      const value = decimal.test(text) ? Number(text) : Number.NaN;
      if (!Number.isFinite(value) && !missing.has(text))
        throw csvError(
          `${path}:${line}, column ${JSON.stringify(name)}`,
          `holds ${shortened(text)}, which is not a number`,
          'name the column in data.categorical or data.ignore (a label of text is for a classifier), or what stands for a missing value in data.missingText',
        );
      values.push(value);
    };
    return { column: { name, holds, values } satisfies Column, read };
  }
  const categories: string[] = [];
  const codes = new Map<string, number>();
  const read = (text: string) => {
    if (missing.has(text)) {
      values.push(Number.NaN);
      return;
    }
    let code = codes.get(text);
    if (code === undefined) {
      code = categories.push(text) - 1;
      codes.set(text, code);
    }
    values.push(code);
  };
  return { column: { name, holds, values, categories } satisfies Column, read };
}

function syntaxError(path: string, code: string, line: number): BenchError {
  if (code === 'CSV_MAX_RECORD_SIZE')
    return csvError(`${path}:${line}`, `has a row of more than ${longestRow} characters`, 'check the quotes before it');
  const message =
    code === 'CSV_QUOTE_NOT_CLOSED'
      ? 'the file ends within quotes'
      : 'has a quote within a cell that is not quoted whole';
  return csvError(`${path}:${line}`, message, 'quote whole cells, and write a quote within quotes twice');
}

/** Text of a file for a message of one line. */
export function shortened(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
