import { formatCount, plural } from '@attribution-bench/contract';
import type { BoardSettling, LeadingTie } from '../board.js';
import { formatInterval, formatSigned } from './format.js';
import type { TaskView } from './task-view.js';

/** How far a truth that is grown has come and what that settled; undefined where it is not grown. */
export function settlingSentence({ task, ranked }: TaskView): string | undefined {
  const { settling, truth } = task;
  if (settling === undefined || truth === undefined) return undefined;
  const { look, looks, block, errorShare } = settling;
  const titleOf = (entry: string) => ranked.find(({ row }) => row.entry === entry)?.row.title ?? entry;
  const percent = `${Number((errorShare * 100).toPrecision(3))} %`;
  return (
    `The truth was grown by ${plural(block, 'subset')} per look: this is look ${look} of at most ${looks}, at ` +
    `${plural(truth.subsets, 'subset')}. Ties hold over all looks together (this one has ${percent} of the chance of a ` +
    `false distinction), intervals of values for this look alone. ${verdict(settling, titleOf)}`
  );
}

function verdict({ ties, top }: BoardSettling, titleOf: (entry: string) => string): string {
  const leaders = top === 1 ? 'The best method' : `Each of the ${top} best methods`;
  if (ties.length === 0) return `${leaders} is significantly ahead of all others.`;
  const list = [...new Set(ties.map(outlookOf))].map((outlook) => {
    const alike = ties.filter((tie) => outlookOf(tie) === outlook);
    const named = alike.map((tie) => `${titleOf(tie.better)} and ${titleOf(tie.worse)} (${differenceOf(tie)})`);
    return `${named.join(', ')}: ${outlook}`;
  });
  return `Statistically tied: ${list.join('; ')}.`;
}

function differenceOf({ difference }: LeadingTie): string {
  return `${formatSigned(difference.value)} ${formatInterval(difference)}`;
}

const limits = {
  queries: 'queries differ too much for that; more queries would',
  seeds: 'method seeds differ too much for that; more seeds would',
  both: 'queries and method seeds differ too much for that',
} as const;

function outlookOf({ outlook, subsets, limit = 'both' }: LeadingTie): string {
  if (outlook === 'within') return 'too little to matter';
  if (outlook === 'never') return `more subsets alone would not suffice, ${limits[limit]}`;
  const number = subsets === undefined ? 'open' : `probably settled at ${formatCount(subsets)} subsets`;
  return `${number}${outlook === 'beyond' ? ', more than there may be' : ''}`;
}
