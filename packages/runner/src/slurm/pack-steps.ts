/** A step as far as packing it is concerned. */
export interface StepToPack {
  readonly id: string;
  /** Steps that have to be done before, as far as they are packed too. */
  readonly needs: readonly string[];
  /** Predicted seconds of one worker. */
  readonly seconds: number;
  /** Memory that a task needs for it. */
  readonly memoryBytes: number;
  /** Whether it shares its task with no other step, since one like it ended. */
  readonly alone?: boolean;
}

/** Steps that one task of an array does, in an order in which they can be done. */
export interface Pack {
  readonly steps: readonly string[];
  readonly seconds: number;
}

/** Packs of one resource class that can be begun at the same time. */
export interface PackArray {
  /** 0 for those that need nothing of another pack; those of a wave need only packs of earlier ones. */
  readonly wave: number;
  readonly memoryBytes: number;
  readonly packs: readonly Pack[];
}

export interface PackOptions {
  /** Steps that a task does at a time. */
  readonly workers: number;
  /** Tasks that run at a time. */
  readonly tasks: number;
  /** How long a task is to take: as long as it can within these bounds, so that there are tasks for all that may run. */
  readonly leastSeconds: number;
  readonly mostSeconds: number;
}

interface OpenPack {
  readonly steps: string[];
  seconds: number;
  /** Steps that its own need, counted for each. */
  needs: number;
  readonly memoryBytes: number;
  readonly isFull: boolean;
}

/** A pack holds what its steps read of others: at so many it is some 10 MB, and takes a second to read. */
const mostNeeds = 20_000;

/**
 * Packs steps for tasks of arrays, in waves. A wave has the steps that need nothing but earlier waves; a step that rests on
 * steps of one pack only joins it as long as that is not full, so that a small grid is one task and not one for each step
 * of a chain.
 * @param steps in an order in which each comes after those that it needs
 */
export function packSteps(steps: readonly StepToPack[], options: PackOptions): PackArray[] {
  const placed = new Map<string, { readonly wave: number; readonly pack: OpenPack }>();
  const arrays: PackArray[] = [];
  const known = new Set(steps.map(({ id }) => id));
  let left = [...steps];
  for (let wave = 0; left.length > 0; wave++) {
    const isBefore = (id: string) => !known.has(id) || (placed.get(id)?.wave ?? wave) < wave;
    const ready = left.filter(({ needs }) => needs.every(isBefore));
    const readySeconds = secondsOfPack(ready, options);
    const packs = fillPacks(ready, readySeconds, options.tasks);
    // Each further wave costs the start of its tasks: where all that may run have a pack, what rests on one joins it up to an even
    // share of all that is left.
    const fullSeconds = packs.length < options.tasks ? readySeconds : secondsOfPack(left, options);
    for (const pack of packs) for (const id of pack.steps) placed.set(id, { wave, pack });
    left = left.filter((step) => {
      if (placed.has(step.id)) return false;
      const pack = packToJoin(step, isBefore, (id) => placed.get(id)?.pack);
      if (pack === undefined || pack.isFull || step.alone === true || step.memoryBytes > pack.memoryBytes) return true;
      if (pack.seconds + step.seconds > fullSeconds || pack.needs + step.needs.length > mostNeeds) return true;
      addTo(pack, step);
      placed.set(step.id, { wave, pack });
      return false;
    });
    for (const memoryBytes of new Set(packs.map((pack) => pack.memoryBytes)))
      arrays.push({ wave, memoryBytes, packs: packs.filter((pack) => pack.memoryBytes === memoryBytes) });
  }
  return arrays;
}

/** Seconds of one worker that a pack of a wave is to have. */
function secondsOfPack(
  ready: readonly StepToPack[],
  { workers, tasks, leastSeconds, mostSeconds }: PackOptions,
): number {
  const total = ready.reduce((sum, { seconds }) => sum + seconds, 0);
  return Math.min(Math.max(total / tasks, leastSeconds * workers), mostSeconds * workers);
}

/** Steps of each resource class in packs of about equal length, neighbours together, since those have a task in common. */
function fillPacks(ready: readonly StepToPack[], fullSeconds: number, tasks: number): OpenPack[] {
  const packs = ready
    .filter(({ alone }) => alone)
    .map((step) => addTo({ steps: [], seconds: 0, needs: 0, memoryBytes: step.memoryBytes, isFull: true }, step));
  const together = ready.filter(({ alone }) => alone !== true);
  for (const memoryBytes of new Set(together.map((step) => step.memoryBytes))) {
    const steps = together.filter((step) => step.memoryBytes === memoryBytes);
    const total = steps.reduce((sum, { seconds }) => sum + seconds, 0);
    const evenly = total / packsFor(total / fullSeconds, tasks);
    let pack: OpenPack | undefined;
    let passed = 0;
    let full = 0;
    for (const step of steps) {
      // By where it lies in the whole: what one pack is short of would otherwise add up to further packs.
      if (pack === undefined || passed + step.seconds / 2 > full || pack.needs + step.needs.length > mostNeeds) {
        pack = { steps: [], seconds: 0, needs: 0, memoryBytes, isFull: false };
        packs.push(pack);
        full = passed === 0 ? evenly : evenly * (Math.round(passed / evenly) + 1);
      }
      addTo(pack, step);
      passed += step.seconds;
    }
  }
  return packs;
}

function addTo(pack: OpenPack, { id, seconds, needs }: StepToPack): OpenPack {
  pack.steps.push(id);
  pack.seconds += seconds;
  pack.needs += needs.length;
  return pack;
}

/** How many packs; where there are more than run side by side, as many for all places, so that none is empty at the end. */
function packsFor(fullPacks: number, tasks: number): number {
  const count = Math.max(1, Math.ceil(fullPacks));
  return count > tasks ? Math.ceil(count / tasks) * tasks : count;
}

/** The only pack of this wave that a step rests on, where all else that it needs is done before the wave. */
function packToJoin(
  { needs }: StepToPack,
  isBefore: (id: string) => boolean,
  packOf: (id: string) => OpenPack | undefined,
): OpenPack | undefined {
  const packs = new Set(needs.filter((id) => !isBefore(id)).map(packOf));
  const [only] = packs;
  return packs.size === 1 ? only : undefined;
}
