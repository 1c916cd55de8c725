import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { bench } from './command.js';

/** An interpreter that has PyTorch; PYTHON names another. */
const python = [process.env.PYTHON, 'python3', '/usr/bin/python3'].find(
  (candidate) => candidate !== undefined && spawnSync(candidate, ['-c', 'import numpy, torch']).status === 0,
);

test.skipIf(python === undefined)(
  'perf trains the same model in PyTorch, where Python has it, and tells how fast',
  { timeout: 240_000 },
  async () => {
    const run = await bench([
      ...['perf', '--beside', 'torch', 'mlp-64-32-10', 'unet-8-16-16'],
      ...['--rounds', '2', '--json', '--python', String(python)],
    ]);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    const { comparisons } = JSON.parse(run.stdout) as {
      comparisons: {
        network: string;
        parameters: number;
        ours: number[];
        torch: Record<string, number[]>;
        differences: Record<string, number>;
      }[];
    };
    expect(comparisons.map(({ network, parameters }) => [network, parameters])).toEqual([
      ['mlp-64-32-10', 64 * 32 + 32 + 32 * 10 + 10],
      ['unet-8-16-16', 68441],
    ]);
    const [mlp, unet] = comparisons;
    expect(Object.keys(mlp.torch)[0]).toBe('one by one');
    expect(Object.keys(unet.torch)).toEqual(['nchw', 'channels_last']);
    for (const { ours, torch, differences } of comparisons) {
      for (const values of [ours, ...Object.values(torch)]) {
        expect(values).toHaveLength(2);
        expect(Math.min(...values)).toBeGreaterThan(0);
      }
      expect(differences.loss).toBeLessThan(1e-6);
      expect(differences.gradient).toBeLessThan(1e-5);
    }
    // 160 steps with float32 in different orders; generators export no training noise to train by.
    expect(mlp.differences.training).toBeLessThan(1e-4);
    expect(unet.differences).not.toHaveProperty('training');
  },
);
