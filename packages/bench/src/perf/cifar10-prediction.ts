import type { Figure } from './figures.js';

/** CIFAR-10 on the ResNet-9 of the TRAK paper, and the experiment that is predicted. */
const experiment = {
  n: 50_000,
  q: 1000,
  dims: 3072,
  epochs: 10,
  subsets: 64,
  fraction: 0.5,
  retrainSeeds: 2,
  checkpoints: 5,
  k: 4096,
  cores: 64,
} as const;
const hour = 3600;
const gibi = 2 ** 30;
/** What a worker has beside its data: the engine, what a graph keeps between operations, blocks of gradients. */
const aroundBytes = gibi;
/** Projected length at which gradients were measured. */
const measuredLength = 2048;

/**
 * What the figures of small sizes say about CIFAR-10: epochs and gradients grow with points, kernels with points × k², factors
 * with k³, scores with points × k × queries, dense projections with k.
 */
export function predictCifar10(
  retrainings: readonly Figure[],
  gradients: readonly Figure[],
  solves: readonly Figure[],
): Figure[] {
  return [...trainingHours(retrainings), ...trakHours(gradients, solves), ...workerMemory()];
}

/** Hours to train models, where each core trains one at a time. */
function trainingHours(retrainings: readonly Figure[]): Figure[] {
  const { n, epochs, subsets, fraction, retrainSeeds, checkpoints, cores } = experiment;
  const epoch = last(retrainings.filter(({ settings }) => settings.model === 'resnet9'));
  const full = (epochs * epoch.value * n) / Number(epoch.settings.n) / hour;
  const inRounds = (models: number) => Math.ceil(models / cores) * full;
  const settings = { model: 'resnet9', epochs, n };
  return [
    { what: 'one model on all points', settings, value: full, unit: 'h' },
    {
      what: 'truth',
      settings: { ...settings, subsets, fraction, retrainSeeds, cores },
      value: inRounds(subsets * retrainSeeds) * fraction,
      unit: 'h',
    },
    {
      what: 'checkpoints of TRAK',
      settings: { ...settings, checkpoints, cores },
      value: inRounds(checkpoints),
      unit: 'h',
    },
  ];
}

/** Hours of TRAK on one core, for each kind of projection. */
function trakHours(gradients: readonly Figure[], solves: readonly Figure[]): Figure[] {
  const { n, q, checkpoints, k } = experiment;
  const kernel = grown(solves, 'kernel', { n: 1, k: 2 });
  const factor = grown(solves, 'factor', { k: 3 });
  const scores = grown(solves, 'scores', { n: 1, k: 1, q: 1 });
  const solving = checkpoints * (kernel + factor + scores);
  return gradients
    .filter(({ settings }) => settings.model === 'resnet9' && settings.k === measuredLength)
    .map(({ settings: { projection }, value }) => {
      const isDense = projection === 'rademacher' || projection === 'gaussian';
      const seconds = (value / 1000) * (isDense ? k / measuredLength : 1);
      return {
        what: 'TRAK, one core',
        settings: { projection: String(projection), n, q, k, checkpoints },
        value: (checkpoints * seconds * (2 * n + q) + solving) / hour,
        unit: 'h',
      };
    });
}

function workerMemory(): Figure[] {
  const { n, q, dims, k } = experiment;
  const training = aroundBytes + 4 * n * dims;
  const withTrak = training + 3 * 8 * k * k + 4 * n * q;
  return [
    { what: 'memory of a worker that trains', settings: { n }, value: training / gibi, unit: 'GiB' },
    { what: 'memory of a worker with TRAK', settings: { n, k, q }, value: withTrak / gibi, unit: 'GiB' },
  ];
}

/** The largest measured size, grown by a power law to the sizes of the experiment. */
function grown(figures: readonly Figure[], what: string, powers: Readonly<Record<string, number>>): number {
  const { settings, value } = last(figures.filter((figure) => figure.what === what));
  return Object.entries(powers).reduce(
    (seconds, [size, power]) => seconds * (experiment[size as 'n' | 'k' | 'q'] / Number(settings[size])) ** power,
    value,
  );
}

function last(figures: readonly Figure[]): Figure {
  return figures[figures.length - 1];
}
