import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { profileSessions } from '@attribution-bench/tfjs-onnx';
import { trainOurs } from './beside/beside-torch.js';
import type { ComparedName } from './beside/names.js';
import { comparedNetworks } from './beside/networks.js';
import { medianOf } from './beside/ratios.js';
import { openPrepared } from './tasks.js';

/** All operators of one kind on arrays of the same sizes. */
interface ProfiledOperator {
  readonly operator: string;
  /** Sizes of what goes in, and of what comes out: `64x28x28x16 16 -> 64x28x28x16`. */
  readonly sizes: string;
  /** How often it was computed. */
  readonly times: number;
  /** Median of one time, by the clock; other programs on the machine make single ones longer. */
  readonly microseconds: number;
  /** Of `times` × `microseconds` of all operators. */
  readonly share: number;
}

/** Where the time of a network's training goes. */
export interface NetworkProfile {
  readonly network: ComparedName;
  /** From the largest share to the smallest. */
  readonly operators: readonly ProfiledOperator[];
}

/** The first run compiles and warms up. */
const runs = 3;

/** What ONNX Runtime writes of one operator that it ran. */
interface NodeEvent {
  readonly cat: string;
  readonly name: string;
  /** Microseconds. */
  readonly dur: number;
  readonly args: {
    readonly op_name: string;
    readonly input_type_shape?: readonly Readonly<Record<string, readonly number[]>>[];
    readonly output_type_shape?: readonly Readonly<Record<string, readonly number[]>>[];
  };
}

/** Trains a network and tells from ONNX Runtime's own profile which operators on which sizes take the time. */
export async function profileNetwork(name: ComparedName): Promise<NetworkProfile> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-perf-'));
  try {
    profileSessions(join(folder, 'profile'));
    const network = comparedNetworks[name];
    const task = await openPrepared(await network.prepare());
    for (let run = 0; run < runs; run++) await trainOurs(task, network);
    await task.release();
    const durations = new Map<string, number[]>();
    for (const file of await readdir(folder)) {
      const events: readonly NodeEvent[] = JSON.parse(await readFile(join(folder, file), 'utf8'));
      for (const event of events) {
        // A loop lasts as long as what it runs, which has events of its own.
        if (event.cat !== 'Node' || !event.name.endsWith('_kernel_time') || event.args.op_name === 'Scan') continue;
        const key = `${event.args.op_name} ${sizesOf(event)}`;
        const found = durations.get(key);
        if (found === undefined) durations.set(key, [event.dur]);
        else found.push(event.dur);
      }
    }
    return { network: name, operators: operatorsOf(durations) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function sizesOf({ args: { input_type_shape: inputs = [], output_type_shape: outputs = [] } }: NodeEvent): string {
  const sizes = (arrays: typeof inputs): string =>
    arrays.map((array) => Object.values(array)[0].join('x') || '1').join(' ');
  return `${sizes(inputs)} -> ${sizes(outputs)}`;
}

function operatorsOf(durations: ReadonlyMap<string, readonly number[]>): ProfiledOperator[] {
  const taken = [...durations].map(([key, all]) => ({ key, times: all.length, microseconds: medianOf(all) }));
  const total = taken.reduce((sum, { times, microseconds }) => sum + times * microseconds, 0);
  return taken
    .map(({ key, times, microseconds }) => {
      const end = key.indexOf(' ');
      const share = (times * microseconds) / total;
      return { operator: key.slice(0, end), sizes: key.slice(end + 1), times, microseconds, share };
    })
    .sort((a, b) => b.share - a.share || a.sizes.localeCompare(b.sizes));
}
