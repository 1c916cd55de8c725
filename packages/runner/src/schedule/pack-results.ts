import { sha256 } from '@attribution-bench/contract';
import type { ArtifactCost, ArtifactOutput, Claims, GatheredRow, RowToPack, Store } from '@attribution-bench/store';
import type { RunnablePlan } from '../model/plan.js';
import type { PlannedStep } from '../model/step.js';
import { isPacked } from '../steps/registry.js';
import { gatherBatches, waitMs } from './gather-batches.js';

/** Results of kinds that come by the thousand, on their way into packs. */
export interface Packing {
  /**
   * Takes note of the results of a step and what it cost. Resolves when they are on the disk: those that were gathered of a quick
   * step wait a moment for those of other steps, so that all are one object; of those that are stored by themselves a pack is
   * written when there is enough for one.
   * @param atOnce whether gathered ones are not to wait
   * @throws BenchError as the store's `pack` and `writeRow`
   */
  add(step: PlannedStep, cost: ArtifactCost, gathered?: readonly GatheredRow[], atOnce?: boolean): Promise<void>;
  /** Gathered results are not to wait any longer. */
  writeNow(): void;
  /**
   * Packs what lies about, of this run and of those that were killed, if it is enough for a pack, and puts packs of few results
   * together.
   * @param isHurried leaves that to a later run
   * @throws BenchError as the store's `pack`
   */
  close(isHurried: boolean): Promise<void>;
}

/** Fewer are no trouble as objects of their own. */
const rowsPerPack = 64;
/** From so many gathered results on a pack takes fewer objects than a result each: itself, and the note that there is a new one. */
const fewestPacked = 4;
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
  const batches = gatherBatches<Row>(rowsPerPack, writeGathered);

  async function pack(kind: string, rows: readonly Row[]): Promise<void> {
    await clear((atMs) => performance.now() - atMs > clearedAfterMs);
    const { left, clear: clearThese } = await store.pack(kind, rows);
    packed.push({ atMs: performance.now(), clear: clearThese });
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

  /** Enters results that are objects of their own, and packs all that there are when they are enough. */
  async function addStored(kind: string, rows: readonly Row[]): Promise<void> {
    const costly = rows.filter(({ cost }) => (cost?.seconds ?? 0) >= notedLaterSeconds);
    await noteBeside(kind, costly);
    const noted = new Set(costly);
    const all = [
      ...(waiting.get(kind) ?? []),
      ...rows.map((row) => ({ ...row, isNoted: row.isNoted || noted.has(row) })),
    ];
    waiting.set(kind, all.length < rowsPerPack ? all : []);
    if (all.length >= rowsPerPack) await pack(kind, all);
  }

  /** Those that are too few for a pack become objects of their own. */
  async function writeGathered(kind: string, rows: readonly Row[]): Promise<void> {
    if (rows.length >= fewestPacked) return pack(kind, rows);
    for (const { artifact, ...row } of rows) {
      if (artifact === undefined) continue;
      await store.writeRow({ kind, key: row.key, artifact });
      await addStored(kind, [row]);
    }
  }

  /**
   * Packs all results of the plan that are objects of their own, where they are enough, and puts packs of few together; whether the
   * objects were this process's to pack.
   */
  async function tidy(kind: string, own: readonly Row[]): Promise<boolean> {
    const all = plan.steps.filter((step) => step.kind === kind).flatMap((step) => rowsOf(step));
    if (all.length < rowsPerPack) return false;
    const loose = await store.looseKeys(kind);
    const known = new Map(own.map((row) => [row.key, row]));
    const rows = all.filter(({ key }) => loose.has(key)).map((row) => known.get(row.key) ?? row);
    const isEnough = rows.length >= rowsPerPack;
    const joins = plan.steps.some((step) => step.kind === kind && step.needed);
    if (!isEnough && !joins) return false;
    const claim = await claims.take({ kind, key: sha256(`packs of ${kind}`) });
    if (claim.status !== 'ours') return false;
    try {
      const packs = isEnough ? Math.floor(rows.length / rowsPerPack) : 0;
      for (let index = 0; index < packs; index++) await pack(kind, rows.slice(...bounds(index, packs, rows.length)));
      if (joins) packed.push({ atMs: performance.now(), clear: await store.joinPacks(kind, rowsPerPack) });
    } finally {
      await claim.release();
    }
    return isEnough;
  }

  return {
    async add(step, cost, gathered = [], atOnce = false) {
      const artifacts = new Map(gathered.map(({ key, artifact }) => [key, artifact]));
      const rows = rowsOf(step, cost).map((row) => ({ ...row, artifact: artifacts.get(row.key) }));
      const isGathered = ({ artifact }: Row): boolean => artifact !== undefined;
      await Promise.all([
        batches.add(step.kind, rows.filter(isGathered), atOnce),
        addStored(
          step.kind,
          rows.filter((row) => !isGathered(row)),
        ),
      ]);
    },
    writeNow: batches.writeNow,
    async close(isHurried) {
      await clear(() => true);
      const kinds = new Set(plan.steps.filter(isPacked).map(({ kind }) => kind));
      for (const kind of kinds) {
        const own = waiting.get(kind) ?? [];
        if (isHurried || !(await tidy(kind, own))) await noteBeside(kind, own);
      }
      await clear(() => true);
    },
  };
}

/** Whether a step took so little time that its results may wait for those of others, and the next step is not to wait for that. */
export function isQuick({ seconds }: ArtifactCost): boolean {
  return seconds * 1000 < waitMs;
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
