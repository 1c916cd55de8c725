import { describe, expect, test } from 'vitest';
import { webgpuAvailable } from '../software-vulkan.js';
import { bench } from './command.js';
import { boardBytes, type GridFolder, gridFolder, smallGrid } from './small-grid.js';

const webgpu = await webgpuAvailable();
const { stdout: machine } = await bench(['doctor']);
const native = /^ok +tfjs-node/m.test(machine);
const grid = smallGrid.replace('subsets: 32', 'subsets: 8').replace('retrainSeeds: 2', 'retrainSeeds: 1');
/** Trains, retrains, goes through training again and differentiates through it. A software driver takes long for each graph. */
const tiny = grid
  .replace('train: 120, queries: 10', 'train: 24, queries: 3')
  .replace('hidden: [8], epochs: 4, batch: 32', 'hidden: [4], epochs: 2, batch: 12')
  .replace('subsets: 8', 'subsets: 4')
  .replace('tuneFraction: 0.25', 'tuneFraction: 0.34')
  .replace(/methods:[\s\S]*metrics:/, 'methods: [magic, in-run-shapley]\nmetrics:');

interface Row {
  readonly entry: string;
  readonly metrics: { readonly lds: { readonly value: number } };
}

const correlations = (folder: GridFolder): Map<string, number> => {
  const { rows } = JSON.parse(boardBytes(folder)) as { rows: Row[] };
  return new Map(rows.map(({ entry, metrics }) => [entry, metrics.lds.value]));
};

async function run(yaml: string, ...flags: string[]) {
  const folder = gridFolder(yaml);
  const args = ['grid', ...folder.flags, '--progress', 'none', '--jobs', '2', ...flags];
  const { code, stderr } = await bench(args, { cwd: folder.folder });
  expect(code).toBe(0);
  return { numbers: correlations(folder), stderr };
}

async function expectNumbersOfProcessor(yaml: string, numbers: ReadonlyMap<string, number>): Promise<void> {
  const compiled = await run(yaml);
  expect([...numbers.keys()].sort()).toEqual([...compiled.numbers.keys()].sort());
  for (const [entry, value] of compiled.numbers)
    expect(Math.abs((numbers.get(entry) ?? Number.NaN) - value)).toBeLessThan(0.01);
}

test.skipIf(!native)(
  'tfjs-node runs a grid in workers, silently, to the numbers of compiled graphs',
  async () => {
    const { numbers, stderr } = await run(grid, '--engine', 'tfjs');
    expect(stderr).not.toMatch(/tensorflow|cpu_feature|AVX/i);
    await expectNumbersOfProcessor(grid, numbers);
  },
  180_000,
);

describe('--device', () => {
  test.skipIf(!webgpu)(
    'webgpu runs a grid in one worker to the numbers of the processor',
    async () => {
      const { numbers } = await run(tiny, '--device', 'webgpu');
      await expectNumbersOfProcessor(tiny, numbers);
    },
    300_000,
  );

  test('that cannot be opened ends a run before its first step, and is named by the doctor', async () => {
    const { folder, flags } = gridFolder(grid);
    const nowhere = { cwd: folder, env: { VK_ICD_FILENAMES: '/nowhere.json', VK_DRIVER_FILES: '/nowhere.json' } };
    const ending = await bench(['grid', ...flags, '--device', 'webgpu', '--progress', 'none'], nowhere);
    expect(ending.code).toBe(2);
    expect(ending.stderr.trim().split('\n').at(-1)).toMatch(
      /^error: --device webgpu cannot be opened: .+, `bench doctor`/,
    );
    const doctor = await bench(['doctor'], nowhere);
    expect(doctor.code).toBe(0);
    expect(doctor.stdout).toMatch(/^note +WebGPU .+no Vulkan driver/m);
  });

  test('is of ONNX Runtime', async () => {
    const { folder, flags } = gridFolder(grid);
    const { code, stderr } = await bench(['plan', ...flags, '--engine', 'tfjs', '--device', 'webgpu'], { cwd: folder });
    expect(code).toBe(2);
    expect(stderr).toMatch(/--device says what ONNX Runtime computes on, and --engine tfjs does not use it/);
  });
});
