import { isObject } from '@attribution-bench/contract';
import type { Grid, GridMethod } from '../model/grid.js';

/**
 * Text that tells the settings of one method apart, ` projDim=512`; empty where it has only one.
 * @param reads names of the parameters that count; default all
 */
export type SettingLabel = (reads?: readonly string[]) => string;

/** What tells the settings of each method apart. */
export function settingLabels(methods: readonly GridMethod[]): Map<GridMethod, SettingLabel> {
  const idOf = ({ loaded }: GridMethod): string => loaded.method.id;
  const ids = [...new Set(methods.map(idOf))];
  const differing = new Map(ids.map((id) => [id, differingNames(methods.filter((each) => idOf(each) === id))]));
  const labels = new Map<GridMethod, SettingLabel>();
  for (const method of methods) {
    const names = differing.get(idOf(method));
    const telling = leavesOf(method.params).filter(([name]) => names?.has(name));
    labels.set(method, (reads) =>
      telling
        .filter(([name]) => reads?.includes(name.split('.')[0]) ?? true)
        .map(([name, value]) => ` ${name}=${shown(value)}`)
        .join(''),
    );
  }
  return labels;
}

/** Names of what is not the same in all settings of a method. */
function differingNames(siblings: readonly GridMethod[]): Set<string> {
  const all = siblings.map(({ params }) => new Map(leavesOf(params)));
  const names = new Set(all.flatMap((leaves) => [...leaves.keys()]));
  return new Set([...names].filter((name) => new Set(all.map((leaves) => JSON.stringify(leaves.get(name)))).size > 1));
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
