import { ceilingCoverage, type EffectSimulation } from '../test/simulated-effects.js';

/**
 * Bias of noise ceilings and coverage of their 95 % intervals and of those of shares of them, for effects and noise of several
 * distributions, as Markdown.
 *
 * node dist/simulations/ceiling-coverage.js [boards a case] [first case] [last case]
 */
const [boards = 400, first = 0, last = 999] = process.argv.slice(2).map(Number);
const effects = ['normal', 'skew 1', 'skew 2', 'laplace', 't5'] as const;
const usual = { subsets: 64, queries: 25, retrainSeeds: 2 } as const;
const cases: Omit<EffectSimulation, 'seed'>[] = [
  ...effects.flatMap((effect) => [0.1, 0.3, 0.6, 0.9].map((reliability) => ({ ...usual, effect, reliability }))),
  ...([3, 5] as const).flatMap((retrainSeeds) =>
    (['normal', 'skew 2'] as const).flatMap((effect) =>
      [0.1, 0.5].map((reliability) => ({ ...usual, retrainSeeds, effect, reliability })),
    ),
  ),
  { subsets: 48, queries: 25, retrainSeeds: 2, effect: 'skew 1', reliability: 0.3 },
  { subsets: 96, queries: 75, retrainSeeds: 2, effect: 'skew 1', reliability: 0.3 },
  { subsets: 256, queries: 100, retrainSeeds: 2, effect: 'skew 1', reliability: 0.3 },
  { subsets: 256, queries: 100, retrainSeeds: 2, effect: 'skew 2', reliability: 0.6 },
  { ...usual, effect: 'skew 1', noise: 'skew 1', reliability: 0.5 },
  { ...usual, effect: 'skew 1', noise: 'skew -1', reliability: 0.5 },
  { ...usual, effect: 'normal', noise: 't5', reliability: 0.5 },
  { ...usual, effect: 'normal', noiseGrowth: 0.3, reliability: 0.5 },
  { ...usual, effect: 'skew 1', reliability: 0.5, reliabilitySpread: 0.2 },
  ...(['normal', 'skew 2', 't5'] as const).flatMap((effect) =>
    [0.1, 0.5].map((reliability) => ({ ...usual, statistic: 'pearson' as const, effect, reliability })),
  ),
];

console.log(`\n${boards} boards a case\n`);
console.log(
  '| statistic | effect | noise | reliability | retrainings | subsets × queries | reached | bias | ceiling covers | share covers | no share |',
);
console.log('| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |');
for (const simulation of cases.slice(first, last + 1)) {
  const { statistic = 'spearman', effect, noise = 'normal', noiseGrowth, reliability, reliabilitySpread } = simulation;
  const { retrainSeeds, subsets, queries } = simulation;
  const { reached, bias, ceiling, share, unknown } = ceilingCoverage(boards, simulation);
  const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
  const cells = [
    statistic,
    effect,
    noiseGrowth === undefined ? noise : 'grows with effect',
    reliabilitySpread === undefined ? String(reliability) : `${reliability} ± ${reliabilitySpread}`,
    retrainSeeds,
    `${subsets} × ${queries}`,
    reached.toFixed(3),
    bias.toFixed(4),
    percent(ceiling),
    percent(share),
    percent(unknown),
  ];
  console.log(`| ${cells.join(' | ')} |`);
}
