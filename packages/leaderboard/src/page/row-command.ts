import type { BoardCosts, BoardRow } from '../board.js';

/** The command that recomputes a row from nothing but the grid file. */
export function rowCommand(row: BoardRow, grid: string, costs: BoardCosts | undefined): string {
  const { file, quick } = costs?.provenance ?? {};
  const config = typeof file === 'string' ? file : `${grid}.yaml`;
  const cells = `${row.task}/${row.method}`;
  return `npx bench grid --config ${shellWord(config)}${quick === true ? ' --quick' : ''} --only ${shellWord(cells, true)}`;
}

function shellWord(text: string, always = false): string {
  return !always && /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
