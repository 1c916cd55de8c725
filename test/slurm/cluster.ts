import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const kit = fileURLToPath(new URL('kit', import.meta.url));

/** A Slurm cluster of this machine: real daemons, nodes with process ids and host names of their own. */
export interface Cluster {
  readonly env: { readonly SLURM_CONF: string };
  /** Runs a program of Slurm; what it prints. */
  slurm(program: string, ...args: string[]): string;
  /** What is in the folder of the cluster: `slurm.conf`, `log/`. */
  readonly folder: string;
  /** Cuts the power of a node (or of the controller, `ctl`), ends the controller, boots either, stops its processes and lets them go on. */
  node(verb: 'kill' | 'stop' | 'up' | 'freeze' | 'thaw', name: string): void;
  /** Ids, as this machine sees them, of the processes of a node. */
  processes(name: string): number[];
  stop(): void;
}

/** Why no cluster can be started here; undefined where one can. */
export function whyNoCluster(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'a Slurm cluster for tests needs root on Linux';
  const missing = ['slurmctld', 'slurmd', 'munged', 'unshare', 'nsenter'].filter((tool) => {
    try {
      execFileSync('which', [tool], { stdio: 'ignore' });
      return false;
    } catch {
      return true;
    }
  });
  if (missing.length > 0) return `${missing.join(', ')} not found: apt-get install slurm-wlm munge`;
  try {
    execFileSync('unshare', ['--uts', '--pid', '--mount', '--fork', 'true'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'this container may not make namespaces, in which the nodes of a cluster for tests run';
  }
}

export function startCluster(options: {
  nodes: number;
  /** Processors of each node. */
  cpus?: number;
  port: number;
  folder: string;
  env?: NodeJS.ProcessEnv;
}): Cluster {
  const { nodes, cpus = 2, port, folder, env = {} } = options;
  const SLURM_CONF = join(folder, 'slurm.conf');
  const settings = { ...process.env, SLURM_KIT_PORT: String(port), ...env };
  const run = (program: string, args: string[]): string =>
    execFileSync(program, args, {
      env: { ...settings, SLURM_CONF },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  const stop = (): void => {
    run(join(kit, 'stop.sh'), ['--purge', folder]);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    run(join(kit, 'start.sh'), [String(nodes), String(cpus), folder]);
  } catch (error) {
    stop();
    throw error;
  }
  return {
    env: { SLURM_CONF },
    folder,
    slurm: (program, ...args) => run(program, args),
    node: (verb, name) => void run(join(kit, 'node.sh'), [verb, name, folder]),
    processes: (name) => run(join(kit, 'node.sh'), ['pids', name, folder]).trim().split('\n').map(Number),
    stop,
  };
}
