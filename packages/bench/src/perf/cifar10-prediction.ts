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
/** Of a worker beside its data: the engine, what a graph keeps between operations, blocks of gradients. */
const aroundBytes = gibi;

/**
 * What the figures of small sizes say of CIFAR-10: epochs and gradients grow with points, kernels with points × k², factors
 * with k³, scores with points × k × queries, dense projections with k.
 */
export function predictCifar10(
  retrainings: readonly Figure[],
  gradients: readonly Figure[],
  solves: readonly Figure[],
): Figure[] {
  const { n, q, dims, epochs, subsets, fraction, retrainSeeds, checkpoints, k, cores } = experiment;
  const epoch = last(retrainings.filter(({ settings }) => settings.model === 'resnet9'));
  const full = (epochs * epoch.value * n) / Number(epoch.settings.n);
  const models = subsets * retrainSeeds;
  const rounds = Math.ceil(models / cores);
  const kernel = grown(solves, 'kernel', { n: 1, k: 2 });
  const factor = grown(solves, 'factor', { k: 3 });
  const scores = grown(solves, 'scores', { n: 1, k: 1, q: 1 });
  const solving = checkpoints * (kernel + factor + scores);
  const wanted = { model: 'resnet9', epochs };
  const figures: Figure[] = [
    { what: 'one model on all points', settings: { ...wanted, n }, value: full / hour, unit: 'h' },
    {
      what: 'truth',
      settings: { ...wanted, n, subsets, fraction, retrainSeeds, cores },
      value: (rounds * fraction * full) / hour,
      unit: 'h',
    },
    {
      what: 'checkpoints of TRAK',
      settings: { ...wanted, n, checkpoints, cores },
      value: (Math.ceil(checkpoints / cores) * full) / hour,
      unit: 'h',
    },
  ];
  for (const { settings, value } of gradients) {
    if (settings.model !== 'resnet9' || settings.k !== 2048) continue;
    const dense = settings.projection === 'rademacher' || settings.projection === 'gaussian';
    const each = (value / 1000) * (dense ? k / 2048 : 1);
    figures.push({
      what: 'TRAK, one core',
      settings: { projection: String(settings.projection), n, q, k, checkpoints },
      value: (checkpoints * each * (2 * n + q) + solving) / hour,
      unit: 'h',
    });
  }
  const data = 4 * n * dims;
  return [
    ...figures,
    { what: 'memory of a worker that trains', settings: { n }, value: (aroundBytes + data) / gibi, unit: 'GiB' },
    {
      what: 'memory of a worker with TRAK',
      settings: { n, k, q },
      value: (aroundBytes + data + 3 * 8 * k * k + 4 * n * q) / gibi,
      unit: 'GiB',
    },
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
