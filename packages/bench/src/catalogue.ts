import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BenchError, type Method, type ParamSpecs } from '@attribution-bench/contract';
import { workspaceFolder } from './workspace.js';

/** One thing that a grid file can name. */
export interface Entry {
  readonly id: string;
  readonly title: string;
  /** What else there is to say of it, by name: `cite`, `licence`, `needs` ... */
  readonly facts: Readonly<Record<string, string>>;
  readonly params: ParamSpecs;
}

export const kinds = ['methods', 'datasets', 'models', 'targets', 'metrics', 'configs'] as const;
export type Kind = (typeof kinds)[number];

/** Everything of a kind that grid files can name here, by id. */
export async function catalogue(kind: Kind): Promise<readonly Entry[]> {
  const entries = await read[kind]();
  return [...entries].sort((a, b) => (a.id < b.id ? -1 : 1));
}

const read: Readonly<Record<Kind, () => Promise<readonly Entry[]>>> = {
  async methods() {
    const methods = await Promise.all(methodPackages().map(importMethod));
    return methods.map((method) => ({
      id: method.id,
      title: method.title,
      facts: {
        family: method.family,
        origin: method.origin,
        output: method.output,
        tasks: method.tasks.join(', '),
        needs: method.needs.join(', ') || 'nothing',
        cite: method.cite,
      },
      params: method.params,
    }));
  },
  async datasets() {
    const { datasets } = await import('@attribution-bench/tasks');
    return Object.values(datasets).map(({ id, title, licence, home, params }) => ({
      id,
      title,
      facts: { licence, home },
      params,
    }));
  },
  async models() {
    const { models } = await import('@attribution-bench/tasks');
    return Object.values(models).map(({ id, title, kind, cite, params }) => ({
      id,
      title,
      facts: { kind, ...(cite === undefined ? {} : { cite }) },
      params,
    }));
  },
  async targets() {
    const { targets } = await import('@attribution-bench/tasks');
    return Object.values(targets).map(({ id, title, kind, params }) => ({ id, title, facts: { kind }, params }));
  },
  async metrics() {
    const { metrics } = await import('@attribution-bench/metrics');
    return Object.values(metrics).map(({ id, title, needs, params }) => ({
      id,
      title,
      facts: { needs: needs.join(', ') || 'nothing' },
      params,
    }));
  },
  async configs() {
    const folder = join(workspaceFolder(), 'configs');
    const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.yaml')) : [];
    return files.map((file) => ({ id: file, title: join(folder, file), facts: {}, params: {} }));
  },
};

async function importMethod(name: string): Promise<Method> {
  const { default: method } = (await import(name)) as { default?: Method };
  if (method?.params !== undefined) return method;
  throw new BenchError({
    code: 'METHOD_INVALID',
    place: name,
    message: 'has no method as its default export',
    next: 'export default defineMethod({ ... })',
  });
}

/** Packages `@attribution-bench/method-*` that the caller's folder or the workspace can import. */
function methodPackages(): string[] {
  const names = new Set<string>();
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    const scope = join(folder, 'node_modules/@attribution-bench');
    const found = existsSync(scope) ? readdirSync(scope) : [];
    for (const name of found) if (name.startsWith('method-')) names.add(`@attribution-bench/${name}`);
    if (dirname(folder) === folder) return [...names];
  }
}
