import type { ParamSpecs, Params } from '@attribution-bench/contract';
import type { Grid, GridMethod } from '../model/grid.js';

/** Text that tells the settings of one method apart, ` projDim=512`; empty where it has only one. */
export function settingLabels(methods: readonly GridMethod[]): Map<GridMethod, string> {
  const labels = new Map<GridMethod, string>();
  for (const method of methods) {
    const siblings = methods.filter(({ loaded }) => loaded.method.id === method.loaded.method.id);
    const telling = Object.keys(method.params).filter(
      (name) => new Set(siblings.map(({ params }) => JSON.stringify(paramOf(params, name)))).size > 1,
    );
    labels.set(method, telling.map((name) => ` ${name}=${shown(paramOf(method.params, name))}`).join(''));
  }
  return labels;
}

/** Seed as part of a label; empty where the grid has only one. */
export function seedLabel(grid: Grid, seed: number): string {
  return grid.seeds.length > 1 ? ` seed=${seed}` : '';
}

function paramOf(params: Params<ParamSpecs>, name: string): unknown {
  return (params as Readonly<Record<string, unknown>>)[name];
}

function shown(value: unknown): string {
  return typeof value === 'string' && /^[\w./-]+$/.test(value) ? value : JSON.stringify(value);
}
