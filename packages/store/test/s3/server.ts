import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/**
 * Real S3 servers that tests run against, on loopback, each with a folder of its own that goes with it:
 * - versitygw 1.8.0 (`go install github.com/versity/versitygw/cmd/versitygw@v1.8.0`), `versitygw posix`: objects are files.
 * - moto 5.2.1 (`pip install 'moto[s3,server]==5.2.1'`), `moto_server`: in memory, and takes any credentials.
 *
 * Both heed `If-None-Match: *` and `If-Match` of PUT. `.ci/run` tries to install them; neither is in npm or Debian 12.
 */
export interface S3Server {
  /** Where it listens. */
  readonly endpoint: string;
  /** What a process needs to use it. */
  readonly env: Readonly<Record<string, string>>;
  /** Where versitygw keeps buckets. */
  readonly folder: string;
  /** Ends it as a power cut does, and starts it again where it was. */
  kill(): Promise<void>;
  /** Makes an account that may use no bucket yet, of a server of versitygw with `users`. */
  addUser(access: string, secret: string): void;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export const bucket = 'bench-test';
const [key, secret] = ['bench-test-key', 'bench-test-secret'];

export type ServerKind = 'versitygw' | 'moto';

/** The program of a server; undefined where it is not installed. */
function programOf(kind: ServerKind): string | undefined {
  const name = kind === 'moto' ? 'moto_server' : kind;
  const folders = (process.env.PATH ?? '').split(delimiter);
  const places = [...folders, join(homedir(), 'go/bin'), join(homedir(), '.cache/bench-test/moto/bin')];
  return places.map((folder) => join(folder, name)).find((file) => existsSync(file) && runs(file));
}

/** Whether it is more than a name, such as the shim of a version manager. */
function runs(file: string): boolean {
  return spawnSync(file, ['--help'], { stdio: 'ignore' }).status === 0;
}

/** Servers that are installed here. */
export const installedServers = (['versitygw', 'moto'] as const).filter((kind) => programOf(kind) !== undefined);

/** Why there is no server; undefined where there is one. */
export const whyNoServer =
  installedServers.length > 0
    ? undefined
    : 'neither versitygw (go install github.com/versity/versitygw/cmd/versitygw@v1.8.0) nor moto_server is installed';

export interface ServerOptions {
  /** Keeps objects in this folder. */
  readonly disk?: string;
  /** Has accounts besides that of {@link S3Server.env}. */
  readonly users?: boolean;
}

/** Starts a server with an empty bucket. */
export async function startS3(kind: ServerKind, { disk, users }: ServerOptions = {}): Promise<S3Server> {
  const program = programOf(kind) ?? expectInstalled(kind);
  const home = mkdtempSync(join(tmpdir(), 's3-'));
  const folder = disk ?? join(home, 'objects');
  if (kind === 'versitygw') mkdirSync(join(folder, bucket), { recursive: true });
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const args =
    kind === 'versitygw'
      ? ['--port', `127.0.0.1:${port}`, '--quiet', ...(users ? ['--iam-dir', home] : []), 'posix', folder]
      : ['--host', '127.0.0.1', '--port', String(port)];
  let child: ChildProcess;
  const begin = async (): Promise<void> => {
    child = spawn(program, args, {
      stdio: 'ignore',
      env: { ...process.env, ROOT_ACCESS_KEY: key, ROOT_SECRET_KEY: secret },
    });
    await listening(endpoint, child);
  };
  const end = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  };
  await begin();
  if (kind === 'moto') await fetch(`${endpoint}/${bucket}`, { method: 'PUT' });
  return {
    endpoint,
    env: environment(endpoint),
    folder,
    kill: end,
    addUser(access, password) {
      const admin = ['admin', '--access', key, '--secret', secret, '--endpoint-url', endpoint];
      const user = ['--access', access, '--secret', password, '--role', 'user'];
      execFileSync(program, [...admin, 'create-user', ...user], { stdio: 'pipe' });
    },
    restart: begin,
    async stop() {
      await end();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** What a process needs to use a server, or what stands before it: its own credentials, and no others of this machine. */
export function environment(endpoint: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: key,
    AWS_SECRET_ACCESS_KEY: secret,
    AWS_CONFIG_FILE: '/nonexistent',
    AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

function expectInstalled(kind: ServerKind): never {
  throw new Error(`${kind} is not installed`);
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

async function listening(endpoint: string, child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    const answers = await fetch(endpoint).then(
      () => true,
      () => false,
    );
    if (answers) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`the server ended with exit code ${child.exitCode}`);
}
