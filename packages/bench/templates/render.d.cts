/** What the templates of a method read. */
export interface Values {
  readonly id: string;
  readonly title: string;
  readonly cite: string;
  /** What the method gives; left out: `pairwise`. */
  readonly shape?: 'pairwise' | 'global';
  readonly tasks: readonly ('classifier' | 'generator')[];
  /** What a grid file names the method by. */
  readonly use: string;
  /** The program of `use: command`. */
  readonly program?: string;
  /** Version of the bench's packages. */
  readonly version: string;
}

/** The text of each file that a folder of templates becomes, by its path. */
export function render(folder: string, values: Values): Map<string, string>;
