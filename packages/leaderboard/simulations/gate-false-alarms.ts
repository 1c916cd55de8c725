import { falseAlarms } from '../test/reseeded-boards.js';

/**
 * How often whole boards raise a false alarm when everything random is drawn anew, as Markdown.
 *
 * node dist/simulations/gate-false-alarms.js [boards] [rows]
 */
const [boards = 200, rows = 50] = process.argv.slice(2).map(Number);

console.log('| rows | drawn afresh | boards with a false alarm | were rows judged one by one | rows unresolved |');
console.log('| ---: | --- | ---: | ---: | ---: |');
for (const anew of ['both', 'seeds', 'machine'] as const) {
  const { alarms, unadjusted, unresolved } = falseAlarms(rows, boards, anew);
  const shares = [alarms, unadjusted, unresolved].map((share) => `${(100 * share).toFixed(1)} %`);
  console.log(`| ${rows} | ${anew} | ${shares.join(' | ')} |`);
}
