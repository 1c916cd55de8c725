import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openClaims, openStore } from '@attribution-bench/store';

/** A step that a run has ended. */
export interface EndedStep {
  readonly step: string;
  readonly label: string;
}

/** What the runs of a results folder ended, a list for each run, in order. */
export function endedSteps(results: string): EndedStep[][] {
  return readdirSync(join(results, 'runs'))
    .toSorted()
    .map((run) =>
      readFileSync(join(results, 'runs', run, 'events.ndjson'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
        .filter(({ type }) => type === 'step-finished'),
    );
}

/**
 * Claims steps before a run can, as another process would that is at them: the run does not come to its end as long as they are held,
 * however fast it is. The function that comes back ends that.
 * @param results folder or URL
 * @param steps their ids
 */
export async function holdSteps(results: string, steps: readonly string[]): Promise<() => Promise<void>> {
  const refs = steps.map((id) => {
    const [kind = '', key = ''] = id.split(':');
    return { kind, key };
  });
  const claims = await openClaims(openStore(`${results}/store`), { only: refs });
  const held = await Promise.all(refs.map((ref) => claims.take(ref)));
  return async () => {
    for (const claim of held) {
      if (claim.status !== 'ours') throw new Error('a step that was to be held is claimed already');
      await claim.release();
    }
    claims.close();
  };
}
