import type { table as plainTable } from '../text/table.js';
import type { NetworkProfile } from './profile.js';

/** Operators below this share are summed up by kind only. */
const smallestShare = 0.005;

/** Shares of kinds of operators, then of operators by the sizes they work on. */
export function profileText({ network, operators }: NetworkProfile, tableOf: typeof plainTable): string {
  const kinds = new Map<string, { share: number; times: number }>();
  for (const { operator, share, times } of operators) {
    const kind = kinds.get(operator) ?? { share: 0, times: 0 };
    kinds.set(operator, { share: kind.share + share, times: kind.times + times });
  }
  const largest = [...kinds].filter(([, { share }]) => share >= smallestShare).sort((a, b) => b[1].share - a[1].share);
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  return [
    `${network}: where the time of training goes, by ONNX Runtime's profile`,
    tableOf(
      ['share', 'operator', 'times'],
      largest.map(([operator, { share, times }]) => [percent(share), operator, times]),
    ),
    tableOf(
      ['share', 'operator', 'times', 'µs each', 'sizes'],
      operators
        .filter(({ share }) => share >= smallestShare)
        .map(({ share, operator, times, microseconds, sizes }) => [
          percent(share),
          operator,
          times,
          Math.round(microseconds),
          sizes,
        ]),
    ),
  ].join('\n\n');
}
