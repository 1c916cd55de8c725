import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A grid of a second or two whose results are of every kind there is. */
export const faultGrid = `schema: bench/grid@1
name: faults
seed: 11
tasks:
  - id: drawn
    kind: generator
    data: { use: digits, train: 24 }
    model: { use: ddpm-mlp, hidden: [8], epochs: 2, batch: 12 }
    queries: { heldout: 4, generated: 4, samplerSteps: 3 }
    target: { use: neg-denoising-loss, timesteps: 4, draws: 1 }
truth: { subsets: 4, fraction: 0.5, retrainSeeds: 1 }
methods: [random, grad-dot, pixel-similarity]
metrics: [lds]
report: { resamples: 100 }
`;

export const kinds = [
  'dataset',
  'generate',
  'diagnose',
  'task',
  'train',
  'retrain',
  'truth',
  'fit',
  'score',
  'metric',
] as const;

/** Files of stored results of a kind, seen from the results folder, in order. */
export function artifactsOf(results: string, kind: string): string[] {
  return filesIn(results).filter((name) => name.startsWith(`store/${kind}/`) && name.endsWith('.safetensors'));
}

/** SHA-256 of every stored result by its file; without what is no file, such as a named pipe that nobody had to read. */
export function contents(results: string): ReadonlyMap<string, string> {
  return new Map(
    filesIn(results)
      .filter((name) => name.startsWith('store/') && name.endsWith('.safetensors') && isFile(join(results, name)))
      .map((name) => [
        name,
        createHash('sha256')
          .update(readFileSync(join(results, name)))
          .digest('hex'),
      ]),
  );
}

/** What killed writes and claims leave behind. */
export function leftovers(results: string): string[] {
  return filesIn(results).filter((name) => name.includes('.tmp-') || name.endsWith('.claim'));
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
}
