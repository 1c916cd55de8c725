import { createReadStream } from 'node:fs';
import { checkTableFile, csvError, decimal, delimiters } from './table.js';

/** What the first rows of a CSV file say of its columns. */
export interface TableSketch {
  readonly delimiter: keyof typeof delimiters;
  readonly columns: readonly {
    readonly name: string;
    /** Whether all cells are numbers, but for those that are missing. */
    readonly numbers: boolean;
  }[];
  /** Rows below the header in which no cell is missing. */
  readonly rows: number;
  /** Whether a cell is missing. */
  readonly missing: boolean;
}

/**
 * Looks through a CSV file without knowing what is in it: the delimiter is the one that divides the header into most cells.
 * @param missingText what cells say that are missing, besides nothing
 * @throws BenchError DATA_MISSING, DATA_TOO_LARGE, CSV_INVALID
 */
export async function sketchTable(path: string, missingText: readonly string[]): Promise<TableSketch> {
  await checkTableFile(path);
  const first = await firstLine(path);
  const names = Object.keys(delimiters) as (keyof typeof delimiters)[];
  const count = (name: keyof typeof delimiters) => first.split(delimiters[name]).length;
  const delimiter = names.reduce((most, name) => (count(name) > count(most) ? name : most));
  const { parse, CsvError } = await import('csv-parse');
  const parser = parse({
    bom: true,
    delimiter: delimiters[delimiter],
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
  });
  const absent = new Set(['', ...missingText]);
  let header: readonly string[] | undefined;
  let numbers: boolean[] = [];
  let rows = 0;
  let missing = false;
  const file = createReadStream(path).on('error', (error) => parser.destroy(error));
  try {
    for await (const cells of file.pipe(parser) as AsyncIterable<string[]>) {
      if (header === undefined) {
        header = cells;
        numbers = cells.map(() => true);
        continue;
      }
      let whole = true;
      for (const [at, text] of cells.entries()) {
        if (absent.has(text)) whole = false;
        else if (!decimal.test(text)) numbers[at] = false;
      }
      if (whole) rows++;
      else missing = true;
    }
  } catch (error) {
    if (error instanceof CsvError) throw csvError(path, `is no CSV file: ${error.code}`, 'quote whole cells');
    throw error;
  } finally {
    file.destroy();
  }
  if (header === undefined) throw csvError(path, 'is empty', 'write a header line with the names of the columns');
  return { delimiter, columns: header.map((name, at) => ({ name, numbers: numbers[at] })), rows, missing };
}

async function firstLine(path: string): Promise<string> {
  let text = '';
  for await (const part of createReadStream(path, { encoding: 'utf8', end: 65_535 })) text += part;
  return text.split(/\r?\n/, 1)[0];
}
