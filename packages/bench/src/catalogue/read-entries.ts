import type { Entry, Kind } from './kinds.js';

/** Kinds that code declares. */
export type CodeKind = Exclude<Kind, 'configs'>;

/**
 * Everything of a kind that this project's installed code offers to grid files, by id. Loads that code, and with it
 * TensorFlow.js.
 */
export async function readEntries(kind: CodeKind): Promise<readonly Entry[]> {
  const entries = await read[kind]();
  return [...entries].sort((a, b) => (a.id < b.id ? -1 : 1));
}

const read: Readonly<Record<CodeKind, () => Promise<readonly Entry[]>>> = {
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
};
