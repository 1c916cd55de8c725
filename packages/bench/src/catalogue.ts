import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ParamSpecs } from '@attribution-bench/contract';
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
    const { installedMethods, loadMethod } = await import('@attribution-bench/runner');
    const here = process.cwd();
    const loaded = await Promise.all(installedMethods(here).map((id) => loadMethod(id, here)));
    return loaded.map(({ method }) => ({
      id: method.id,
      title: method.title,
      facts: {
        family: method.family,
        origin: method.origin,
        scores: method.scoreShape,
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
      facts: { kind, ...(cite !== undefined && { cite }) },
      params,
    }));
  },
  async targets() {
    const { targets } = await import('@attribution-bench/tasks');
    return Object.values(targets).map(({ id, title, kind, params }) => ({ id, title, facts: { kind }, params }));
  },
  async metrics() {
    const { metrics } = await import('@attribution-bench/metrics');
    return Object.values(metrics).map(({ id, title, description, unit, needs, params }) => ({
      id,
      title,
      facts: {
        ...(description !== undefined && { measures: description }),
        ...(unit !== undefined && { unit }),
        needs: needs.join(', ') || 'nothing',
      },
      params,
    }));
  },
  async configs() {
    const folder = join(workspaceFolder(), 'configs');
    const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.yaml')) : [];
    return files.map((file) => ({ id: file, title: join(folder, file), facts: {}, params: {} }));
  },
};
