import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Model } from '../../src/index.js';

const registry = new Map<string, Model>();
Object.assign(globalThis, { testModels: registry });
const folder = mkdtempSync(join(tmpdir(), 'own-models-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

/**
 * The path of a module that gives this model: it takes the model from this process, in which packages are TypeScript, which
 * Node cannot import.
 */
export function moduleOf(model: Model): string {
  registry.set(model.id, model);
  const file = join(folder, `${model.id}.mjs`);
  writeFileSync(file, `export default globalThis.testModels.get(${JSON.stringify(model.id)});\n`);
  return file;
}
