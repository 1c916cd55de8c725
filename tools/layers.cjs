/** What the sources of each package may import of the others; the order is that of the layers. */
const mayImport = {
  contract: [],
  onnx: ['contract'],
  'tfjs-onnx': ['contract', 'onnx'],
  numerics: ['contract', 'onnx'],
  store: ['contract'],
  tasks: ['contract', 'onnx', 'tfjs-onnx', 'numerics'],
  metrics: ['contract', 'numerics'],
  exchange: ['contract', 'store', 'tasks'],
  testkit: ['contract', 'tfjs-onnx', 'numerics', 'tasks'],
  leaderboard: ['contract', 'numerics', 'store', 'metrics'],
  runner: ['contract', 'onnx', 'tfjs-onnx', 'numerics', 'store', 'tasks', 'metrics', 'exchange', 'leaderboard'],
  bench: ['contract', 'tfjs-onnx', 'numerics', 'store', 'tasks', 'metrics', 'exchange', 'runner', 'leaderboard'],
  method: ['contract', 'numerics'],
};

/** The folders of the runner's sources, in an order in which each imports earlier ones only; `index.ts` comes after all. */
const runnerFolders = [
  'model',
  'artifacts',
  'steps',
  'isolation',
  'methods',
  'metrics',
  'grid',
  'executors',
  'prepare',
  'plan',
  'journal',
  'schedule',
  'estimate',
  'slurm',
  'truth',
  'exporting',
  'report',
  'entries',
];

/** The layer of a package, by the name of its folder. Throws where it has none. */
function layerOf(name) {
  const layer = name.startsWith('method-') ? 'method' : name;
  if (mayImport[layer] === undefined) throw new Error(`packages/${name} has no layer in tools/layers.cjs`);
  return layer;
}

module.exports = { mayImport, layerOf, runnerFolders };
