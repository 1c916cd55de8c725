import { areaCoverage, type ScoreShape } from '../test/simulated-areas.js';

/**
 * Coverage of 95 % intervals of areas under ROC curves, and how often any two of six equally good methods are told apart, as
 * Markdown.
 *
 * node dist/simulations/area-coverage.js [boards a case]
 */
const [boards = 1000] = process.argv.slice(2).map(Number);
const areas = [0.6, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999];
const shapes: readonly ScoreShape[] = ['normal', 'rounded', 'wide', 'exponential', 'mixed'];
const sizes = [
  [90, 810],
  [30, 270],
  [10, 90],
] as const;
const percent = (value: number) => `${(100 * value).toFixed(1)} %`;

console.log(`\nIntervals, ${boards} boards a case\n`);
console.log(`| scores | flipped of points | ${areas.map((area) => `AUC ${area}`).join(' | ')} |`);
console.log(`| --- | --- |${areas.map(() => ' ---: |').join('')}`);
for (const shape of shapes) {
  for (const [positives, negatives] of sizes) {
    const covered = areas.map((area) =>
      percent(areaCoverage(boards, { shape, areas: [area], positives, negatives }).value),
    );
    console.log(`| ${shape} | ${positives} of ${positives + negatives} | ${covered.join(' | ')} |`);
  }
}

console.log(`\nSix equally good methods, 90 flipped of 900 points, ${boards} boards a case\n`);
console.log(
  '| scores | AUC | seeds | seed noise | intervals cover | told apart |\n| --- | ---: | ---: | --- | ---: | ---: |',
);
for (const shape of shapes) {
  for (const area of [0.9, 0.99, 0.999]) {
    for (const [seeds, seedNoise, seedShift] of [
      [1, 0, 0],
      [3, 0.3, 0],
      [3, 0.3, 0.3],
    ]) {
      const simulation = {
        ...{ shape, areas: new Array<number>(6).fill(area), positives: 90, negatives: 810 },
        ...{ seeds, seedNoise, seedShift },
      };
      const { value, told } = areaCoverage(Math.ceil(boards / 2), simulation);
      const noise = seedShift > 0 ? 'of points and of all alike' : seedNoise > 0 ? 'of points' : 'none';
      console.log(`| ${shape} | ${area} | ${seeds} | ${noise} | ${percent(value)} | ${percent(told)} |`);
    }
  }
}

console.log(`\nDifferences of two methods, 90 flipped of 900 points, ${boards} boards a case\n`);
console.log(
  '| scores | AUC .9 and .8 | .95 and .9 | .99 and .95 | .999 and .99 |\n| --- | ---: | ---: | ---: | ---: |',
);
for (const shape of shapes) {
  const pairs = [
    [0.9, 0.8],
    [0.95, 0.9],
    [0.99, 0.95],
    [0.999, 0.99],
  ];
  const covered = pairs.map((areas) => areaCoverage(boards, { shape, areas, positives: 90, negatives: 810 }));
  console.log(`| ${shape} | ${covered.map(({ difference }) => percent(difference)).join(' | ')} |`);
}
