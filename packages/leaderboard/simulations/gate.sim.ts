import { test } from 'vitest';
import { falseAlarms } from '../test/reseeded-boards.js';

const boards = Number(process.env.BOARDS ?? 200);

/** The table of the package's README: how often whole boards raise a false alarm. */
test('false alarms of the gate', { timeout: 3_600_000 }, () => {
  const lines = [5, 50].flatMap((rows) =>
    (['seeds', 'machine', 'both'] as const).map((anew) => {
      const { alarms, unadjusted, unresolved } = falseAlarms(rows, boards, anew);
      const shares = [alarms, unadjusted, unresolved].map((share) => `${(100 * share).toFixed(1)} %`);
      return `| ${rows} | ${anew} | ${shares.join(' | ')} |`;
    }),
  );
  console.log(
    [
      '| rows | drawn anew | boards with a false alarm | without regard to the other rows | rows unresolved |',
      '| ---: | --- | ---: | ---: | ---: |',
      ...lines,
    ].join('\n'),
  );
});
