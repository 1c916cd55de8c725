import type { SweepEntry } from '../board.js';
import { formatValue } from './format.js';
import { chosenParams, chosenRows } from './sentences.js';
import type { RowView, TaskView } from './task-view.js';

/** What the choice of a setting decides for one method, by values on the report split. */
interface TuningRow {
  readonly view: RowView;
  /** Settings that have a value. */
  readonly settings: number;
  /** Where varied parameters are as the author has them; absent where that was not among the settings. */
  readonly atDefaults?: number;
  readonly lowest: number;
  readonly median: number;
  readonly highest: number;
}

/** A table of what tuning decides, in words: a method in each row, in the order of the board. */
export interface TuningTable {
  readonly caption: string;
  /** What the numbers of a row are. */
  readonly numbers: readonly string[];
  readonly rows: readonly { readonly title: string; readonly chosen: string; readonly numbers: readonly string[] }[];
}

/** What the settings of each method with several came to; undefined where no method has. */
export function tuningTable(view: TaskView): TuningTable | undefined {
  const { metric } = view;
  const tuned = chosenRows(view).flatMap((row) => tuningRow(row) ?? []);
  if (metric === undefined || tuned.length === 0) return undefined;
  return {
    caption:
      `What settings decide: ${metric.id} of all settings of a method on the subsets and queries that are reported, ` +
      'means over method seeds. The choice was made on others. Defaults are the author’s, of what was varied.',
    numbers: ['settings', 'at defaults', 'lowest', 'median', 'highest', 'reported'],
    rows: tuned.map(({ view: row, settings, atDefaults, lowest, median, highest }) => ({
      title: row.row.title,
      chosen: chosenParams(row),
      numbers: [
        String(settings),
        atDefaults === undefined ? '–' : formatValue(atDefaults),
        ...[lowest, median, highest].map(formatValue),
        row.value === undefined ? '–' : formatValue(row.value.value),
      ],
    })),
  };
}

function tuningRow(view: RowView): TuningRow | undefined {
  const reported = ({ report }: SweepEntry) => report ?? [];
  const { sweep } = view.row;
  const values = sweep.flatMap(reported).sort((a, b) => a - b);
  if (values.length < 2) return undefined;
  const [atDefaults] = sweep.filter(({ defaults }) => defaults === true).flatMap(reported);
  const middle = (values.length - 1) / 2;
  return {
    view,
    settings: values.length,
    ...(atDefaults !== undefined && { atDefaults }),
    lowest: values[0],
    median: (values[Math.floor(middle)] + values[Math.ceil(middle)]) / 2,
    highest: values[values.length - 1],
  };
}
