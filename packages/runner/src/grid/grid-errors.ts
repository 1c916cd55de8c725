import { BenchError } from '@attribution-bench/contract';

/** One thing that is wrong with a grid file. */
export interface GridProblem {
  /** `file:line:col` */
  readonly place: string;
  readonly message: string;
  readonly next?: string | undefined;
}

/** Problems that are printed; the number of the others is. */
const mostLines = 100;

/** Everything that is wrong with a grid file, in the order of the file. */
export class GridErrors extends BenchError {
  /** Ready to print, one a problem: `file:line:col message, next step`. */
  readonly lines: readonly string[];

  constructor(problems: readonly GridProblem[]) {
    const sorted = [...problems].sort((a, b) => comparePlaces(a.place, b.place));
    const all = [...new Set(sorted.map((problem) => new BenchError({ code: 'CONFIG_INVALID', ...problem }).line))];
    const left = all.length - mostLines;
    const lines = left <= 0 ? all : [...all.slice(0, mostLines), `${left} more problems`];
    const only = lines.length === 1 ? sorted[0] : undefined;
    super({
      code: 'CONFIG_INVALID',
      ...(only ?? { message: `${all.length} problems:\n${lines.map((line) => `  ${line}`).join('\n')}` }),
    });
    this.lines = lines;
  }
}

function comparePlaces(a: string, b: string): number {
  const [lineA, columnA] = a.split(':').slice(-2).map(Number);
  const [lineB, columnB] = b.split(':').slice(-2).map(Number);
  return lineA - lineB || columnA - columnB;
}
