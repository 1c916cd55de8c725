import { sha256 } from '@attribution-bench/contract';
import type { ArtifactCost, ArtifactOutput, Claims, RowToPack, Store } from '@attribution-bench/store';
import type { RunnablePlan } from '../model/plan.js';
import type { PlannedStep } from '../model/step.js';
import { definitionOf } from '../steps/registry.js';

/** Results of kinds that come by the thousand, on their way into packs. */
export interface Packing {
  /** Takes note of a stored result and what it cost, and writes a pack when there is enough for one. @throws BenchError as the store's `pack` */
  add(step: PlannedStep, cost: ArtifactCost): Promise<void>;
  /**
   * Packs what lies about, of this run and of those that were killed, if it is enough for a pack.
   * @param isHurried leaves that to a later run
   * @throws BenchError as the store's `pack`
   */
  close(isHurried: boolean): Promise<void>;
}

/** Fewer are no trouble as objects of their own. */
const rowsPerPack = 64;
/** What a step of less than this costs is noted with the pack: if the process is killed before, that much is not known. */
const notedLaterSeconds = 1;
/**
 * How long objects stay of which there is a pack: network file systems may show the folder of packs as it was a minute ago to who
 * finds the objects gone.
 */
const clearedAfterMs = 90_000;

interface Row extends RowToPack {
  readonly made: ArtifactOutput['made'];
  /** Whether what is known of it is noted beside it. */
  readonly isNoted: boolean;
}

export function openPacking(store: Store, claims: Claims, plan: Pick<RunnablePlan, 'steps'>): Packing {
  const waiting = new Map<string, Row[]>();
  const packed: { readonly atMs: number; clear(): Promise<void> }[] = [];

  async function pack(kind: string, rows: readonly Row[]): Promise<void> {
    const { left, clear } = await store.pack(kind, rows);
    packed.push({ atMs: performance.now(), clear });
    const keys = new Set(left.map(({ key }) => key));
    await noteBeside(
      kind,
      rows.filter(({ key }) => keys.has(key)),
    );
  }

  async function noteBeside(kind: string, rows: readonly Row[]): Promise<void> {
    for (const { key, made, cost, place, isNoted } of rows) {
      if (isNoted) continue;
      if (cost !== undefined) await store.writeCost({ kind, key }, cost);
      if (place !== undefined) await store.writeLatest(place, made);
    }
  }

  async function clear(isDue: (atMs: number) => boolean): Promise<void> {
    while (packed.length > 0 && isDue(packed[0].atMs)) await packed.shift()?.clear();
  }

  /** Packs all results of the plan that are objects of their own, if they are enough; whether they were this process's to pack. */
  async function packLoose(kind: string, own: readonly Row[]): Promise<boolean> {
    const all = plan.steps.filter((step) => step.kind === kind).flatMap((step) => rowsOf(step));
    if (all.length < rowsPerPack) return false;
    const loose = await store.looseKeys(kind);
    const known = new Map(own.map((row) => [row.key, row]));
    const rows = all.filter(({ key }) => loose.has(key)).map((row) => known.get(row.key) ?? row);
    if (rows.length < rowsPerPack) return false;
    const claim = await claims.take({ kind, key: sha256(`packs of ${kind}`) });
    if (claim.status !== 'ours') return false;
    try {
      const packs = Math.floor(rows.length / rowsPerPack);
      for (let index = 0; index < packs; index++) await pack(kind, rows.slice(...bounds(index, packs, rows.length)));
    } finally {
      await claim.release();
    }
    return true;
  }

  return {
    async add(step, cost) {
      const isNoted = cost.seconds >= notedLaterSeconds;
      const rows = rowsOf(step, cost);
      if (isNoted) await noteBeside(step.kind, rows);
      const all = [...(waiting.get(step.kind) ?? []), ...rows.map((row) => ({ ...row, isNoted }))];
      waiting.set(step.kind, all.length < rowsPerPack ? all : []);
      if (all.length < rowsPerPack) return;
      await clear((atMs) => performance.now() - atMs > clearedAfterMs);
      await pack(step.kind, all);
    },
    async close(isHurried) {
      await clear(() => true);
      const kinds = new Set(plan.steps.filter(isPacked).map(({ kind }) => kind));
      for (const kind of kinds) {
        const own = waiting.get(kind) ?? [];
        if (isHurried || !(await packLoose(kind, own))) await noteBeside(kind, own);
      }
      await clear(() => true);
    },
  };
}

/** Whether results of a step are kept many to an object. */
export function isPacked(step: Pick<PlannedStep, 'job'>): boolean {
  return definitionOf(step.job).many === true;
}

/** The results of a step; the first stands for it. */
function rowsOf({ outputs, place }: PlannedStep, cost?: ArtifactCost): Row[] {
  return outputs.map(({ key, made }, index) => ({
    key,
    made,
    isNoted: cost === undefined,
    ...(index === 0 && { place, cost }),
  }));
}

/** Where one of so many equal parts begins and ends. */
function bounds(index: number, parts: number, length: number): [number, number] {
  return [Math.floor((index * length) / parts), Math.floor(((index + 1) * length) / parts)];
}
