import { isObject } from '@attribution-bench/contract';
import type { Grid, GridMethod } from '../model/grid.js';

/**
 * Text that tells the settings of one method apart, ` projDim=512`; empty where it has only one.
 * @param reads names of the parameters that count; default all
 */
export type SettingLabel = (reads?: readonly string[]) => string;

/** What tells the settings of each method apart. */
export function settingLabels(methods: readonly GridMethod[]): Map<GridMethod, SettingLabel> {
  const labels = new Map<GridMethod, SettingLabel>();
  for (const method of methods) {
    const siblings = methods.filter(({ loaded }) => loaded.method.id === method.loaded.method.id);
    const values = siblings.map(({ params }) => new Map(leavesOf(params)));
    const telling = leavesOf(method.params).filter(
      ([name]) => new Set(values.map((leaves) => JSON.stringify(leaves.get(name)))).size > 1,
    );
    labels.set(method, (reads) =>
      telling
        .filter(([name]) => reads?.includes(name.split('.')[0]) ?? true)
        .map(([name, value]) => ` ${name}=${shown(value)}`)
        .join(''),
    );
  }
  return labels;
}

/** Seed as part of a label; empty where the grid has only one. */
export function seedLabel(grid: Grid, seed: number): string {
  return grid.seeds.length > 1 ? ` seed=${seed}` : '';
}

/** Parameters with their values, those within objects by the names that lead to them: `extractor.pool`. */
function leavesOf(params: object, within = ''): [string, unknown][] {
  return Object.entries(params).flatMap(([name, value]: [string, unknown]) =>
    isObject(value) ? leavesOf(value, `${within}${name}.`) : [[`${within}${name}`, value] as [string, unknown]],
  );
}

function shown(value: unknown): string {
  return typeof value === 'string' && /^[\w./-]+$/.test(value) ? value : JSON.stringify(value);
}
