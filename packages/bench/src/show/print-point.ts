import type { CellInfluence, PointInfluence, ScoredPoint, ShownPoint } from '@attribution-bench/leaderboard';
import { table } from '../text/table.js';
import { terminalPictures } from './terminal-picture.js';

/** Where it is printed. */
export interface Printed {
  /** Characters of a line. */
  readonly width: number;
  /** Whether images are drawn in colour. */
  readonly pictures: boolean;
}

/** A point and its influences as text. */
export function printedPoint({ task, target, point, imageShape, cells }: PointInfluence, to: Printed): string {
  const pictures = (points: readonly ShownPoint[]): string[] => {
    const images = points.flatMap(({ pixels }) => pixels ?? []);
    return to.pictures && imageShape !== undefined && images.length > 0
      ? [terminalPictures(images, imageShape, to.width)]
      : [];
  };
  const [more, less] =
    point.side === 'query'
      ? [`raise the ${target} most, by this method`, `lower the ${target} most, by this method`]
      : [`queries whose ${target} it raises most`, `queries whose ${target} it lowers most`];
  const part = (words: string, points: readonly ScoredPoint[]) =>
    points.length === 0 ? [] : [`  ${words}`, ...pictures(points), indented(pointTable(points))];
  const block = (cell: CellInfluence) =>
    [
      `${cell.title}  (${cell.cell})`,
      ...(cell.global === undefined
        ? []
        : [
            `  one score for all queries: ${cell.global.score.toPrecision(4)}, number ${cell.global.place} of ${cell.global.of} from the largest`,
          ]),
      ...part(more, cell.largest),
      ...part(less, cell.smallest),
    ].join('\n');
  return [[`${task}: ${described(point)}`, ...pictures([point])].join('\n'), ...cells.map(block)].join('\n\n');
}

function described({ side, index, source, label, response, flipped }: ShownPoint): string {
  const role = side === 'train' ? `training point train:${index}` : `query query:${index}`;
  const noisy = flipped === true ? ' (changed by label noise)' : '';
  const said = response === undefined ? '' : `, response ${response.toPrecision(4)}`;
  return `${role}, ${source}${label === undefined ? said : `, class ${label}${noisy}`}`;
}

function pointTable(points: readonly ScoredPoint[]): string {
  const labelled = points.some(({ label }) => label !== undefined);
  const responds = points.some(({ response }) => response !== undefined);
  return table(
    ['score', 'point', 'source', ...(labelled ? ['class'] : []), ...(responds ? ['response'] : [])],
    points.map(({ score, side, index, source, label, response, flipped }) => [
      score !== 0 && Math.abs(score) < 1e-3 ? score.toExponential(3) : score.toPrecision(4),
      `${side}:${index}`,
      source,
      ...(labelled ? [`${label ?? ''}${flipped === true ? ' (flipped)' : ''}`] : []),
      ...(responds ? [response?.toPrecision(4) ?? ''] : []),
    ]),
  );
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, '  ');
}
