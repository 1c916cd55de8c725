import { execFileSync } from 'node:child_process';
import { readdirSync, utimesSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Backend } from '../../src/backend/backend.js';
import { openS3 } from '../../src/backend/s3/s3.js';
import { connect } from '../../src/backend/s3/s3-client.js';
import { type UnfinishedUpload, unfinishedUploads } from '../../src/backend/s3/unfinished-uploads.js';
import { openStore } from '../../src/index.js';
import { temporaryFolder } from '../folder.js';
import { outputOf } from '../outputs.js';
import { type BreakingProxy, type Fault, openProxy } from './breaking-proxy.js';
import {
  bucket,
  environment,
  installedServers,
  type S3Server,
  type ServerKind,
  startS3,
  whyNoServer,
} from './server.js';

if (whyNoServer !== undefined) console.log(`faults of buckets are not tested here: ${whyNoServer}`);

const name = 'score/ab/x.claim';
const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text));
const faults: readonly Fault[] = [500, 503, 'silence', 'cut request', 'cut answer', 'cut body'];
const impatient = { firstMs: 10_000, laterMs: 20_000, idleMs: 200, waitMs: 10 };
const artifact = {
  arrays: { x: { shape: [50_000], data: Float64Array.from({ length: 50_000 }, (_, i) => Math.sin(i)) } },
  metadata: {},
};

/** Uses a server, and no other credentials of this machine, until the tests of the file are done. */
function withEnvironment(env: Readonly<Record<string, string>>): void {
  for (const [variable, value] of Object.entries(env)) vi.stubEnv(variable, value);
}

describe.skipIf(whyNoServer !== undefined)('a bucket behind a line that breaks', () => {
  let server: S3Server;
  let proxy: BreakingProxy;
  let places = 0;
  const opened = (): (() => Backend) => {
    const url = `s3://${bucket}/faults/${places++}`;
    return () => openS3(url, impatient);
  };

  beforeAll(async () => {
    server = await startS3(installedServers[0]);
    proxy = await openProxy(server.endpoint);
    withEnvironment(environment(proxy.endpoint));
  });
  afterEach(() => proxy.breakHalf(undefined));
  afterAll(async () => {
    vi.unstubAllEnvs();
    await proxy.stop();
    await server.stop();
  });

  it.each(faults)('loses nothing and does nothing twice: %s', async (fault) => {
    const backend = opened()();
    const store = openStore(backend);
    const ref = outputOf('score', 'a');
    await backend.requireWritable();
    const before = proxy.broken;
    proxy.breakHalf(fault);
    await store.write(ref, artifact);
    const first = (await backend.putIfAbsent(name, bytes('first'))) ?? expect.fail('it was refused its own object');
    expect(await backend.putIfAbsent(name, bytes('second'))).toBeUndefined();
    const next = (await backend.putIfUnchanged(name, bytes('next'), first)) ?? expect.fail('it lost its own object');
    expect(await backend.putIfUnchanged(name, bytes('late'), first)).toBeUndefined();
    expect((await backend.find(name))?.version).toBe(next);
    expect({ ...(await store.read(ref)).arrays }).toEqual(artifact.arrays);
    const listed: string[] = [];
    for await (const each of backend.list('score')) listed.push(each.name);
    expect(listed).toHaveLength(2);
    await backend.remove(name, next);
    expect(await backend.find(name)).toBeUndefined();
    expect(proxy.broken - before).toBeGreaterThan(9);
  });

  it('lets one of many writers have an object whose answers are lost', async () => {
    const open = opened();
    await open().requireWritable();
    proxy.breakHalf('cut answer');
    const writers = await Promise.all(
      Array.from({ length: 8 }, (_, i) => open().putIfAbsent(name, bytes(`writer ${i}`))),
    );
    const winners = writers.flatMap((version, i) => (version === undefined ? [] : [i]));
    expect(winners).toHaveLength(1);
    proxy.breakHalf(undefined);
    const content = new Uint8Array(8);
    await open().read(name, content, 0);
    expect(Buffer.from(content).toString()).toBe(`writer ${winners[0]}`);
  });

  describe('a large object', () => {
    const part = 5 * 2 ** 20;
    const large = [3, 4, 5].map((mebibytes) =>
      Uint8Array.from({ length: mebibytes * 2 ** 20 }, (_, i) => (i * mebibytes) % 251),
    );
    const whole = Buffer.concat(large);
    const artifactName = 'score/ab/large.safetensors';
    const opened = (partBytes: number) => {
      const url = `s3://${bucket}/faults/${places++}`;
      return { url, backend: openS3(url, impatient, partBytes) };
    };
    const uploadsOf = async (url: string): Promise<UnfinishedUpload[]> => {
      const connected = await connect(impatient.idleMs);
      const within = { Bucket: bucket, Prefix: `${url.slice(`s3://${bucket}/`.length)}/` };
      const uploads: UnfinishedUpload[] = [];
      for await (const upload of unfinishedUploads((ask) => ask(connected), within, Number.POSITIVE_INFINITY))
        uploads.push(upload);
      return uploads;
    };

    it.each([500, 'cut request', 'cut answer'] as const)(
      'goes in parts, each of which is tried again: %s',
      async (fault) => {
        const { backend } = opened(part);
        await backend.put(artifactName, [bytes('before')]);
        proxy.breakHalf(fault);
        const before = proxy.broken;
        await backend.put(artifactName, large);
        // The upload is begun, three parts are sent, and it is ended.
        expect(proxy.broken - before).toBeGreaterThanOrEqual(5);
        proxy.breakHalf(undefined);
        const into = Buffer.alloc(whole.length);
        const { version, bytes: size } = (await backend.read(artifactName, into, 0)) ?? expect.fail();
        expect([size, into.equals(whole)]).toEqual([whole.length, true]);
        expect(await backend.read(artifactName, into, 0, version)).toMatchObject({ version });
      },
    );

    it('that fails is given up whole, and what was there stays', async () => {
      const { backend, url } = opened(part / 5);
      await backend.put(artifactName, [bytes('before')]);
      // Servers take no parts of less than 5 MiB but the last one.
      await expect(backend.put(artifactName, large)).rejects.toMatchObject({ code: 'STORE_WRITE' });
      expect(await uploadsOf(url)).toEqual([]);
      expect(await backend.find(artifactName)).toMatchObject({ bytes: 'before'.length });
    });

    it('whose writer was killed is garbage after a day', async ({ skip }) => {
      if (installedServers[0] !== 'versitygw') skip('moto keeps uploads in memory, where none becomes a day old');
      const { backend, url } = opened(part);
      const { sdk, client } = await connect(impatient.idleMs);
      const at = { Bucket: bucket, Key: `${url.slice(`s3://${bucket}/`.length)}/${artifactName}` };
      const { UploadId } = await client.send(new sdk.CreateMultipartUploadCommand(at));
      await client.send(new sdk.UploadPartCommand({ ...at, UploadId, PartNumber: 1, Body: whole.subarray(0, part) }));
      const collect = (remove: boolean) => openStore(backend).collect(new Set(), { remove });
      expect(await collect(true)).toEqual({ files: [], bytes: 0, kept: 0 });
      const uploads = readdirSync(server.folder, { recursive: true, encoding: 'utf8' });
      const dayAgo = new Date(Date.now() - 25 * 3600 * 1000);
      for (const each of uploads.filter((path) => basename(path) === UploadId))
        utimesSync(join(server.folder, each), dayAgo, dayAgo);
      const found = { files: [`${url}/${artifactName}?uploadId=${UploadId}`], bytes: part, kept: 0 };
      expect(await collect(true)).toEqual(found);
      expect(await uploadsOf(url)).toEqual([]);
    });
  });

  it('waits for a server that dies and comes back', async ({ skip }) => {
    if (installedServers[0] !== 'versitygw') skip('moto keeps objects in memory');
    const backend = opened()();
    const names = Array.from({ length: 20 }, (_, i) => `fit/00/${i}.json`);
    await backend.put(names[0], [bytes('0')]);
    await server.kill();
    const writing = Promise.all(names.map((each, i) => backend.put(each, [bytes(String(i))])));
    await server.restart();
    await writing;
    const found = await Promise.all(names.map((each) => backend.find(each)));
    expect(found.map((each, i) => each?.bytes === String(i).length)).not.toContain(false);
  });

  it('gives a server up that does not come back, and says for how long it was tried', async () => {
    const patience = { firstMs: 200, laterMs: 600, idleMs: 300, waitMs: 50 };
    const backend = openS3(`s3://${bucket}/faults/gone`, patience);
    await backend.put(name, [bytes('x')]);
    const lost = await openProxy('http://127.0.0.1:1');
    await lost.stop();
    vi.stubEnv('AWS_ENDPOINT_URL', lost.endpoint);
    const never = openS3(`s3://${bucket}/faults/gone`, patience);
    vi.stubEnv('AWS_ENDPOINT_URL', proxy.endpoint);
    onTestFinished(() => server.restart());
    await server.kill();
    const away = { code: 'STORE_AWAY', message: expect.stringMatching(/tried for \d+ s/) };
    await expect(backend.put(name, [bytes('y')])).rejects.toMatchObject(away);
    await expect(backend.read(name, new Uint8Array(1), 0)).rejects.toMatchObject(away);
    await expect(never.put(name, [bytes('y')])).rejects.toMatchObject(away);
  });

  it('takes no notice of a clock that is a day off', async () => {
    const backend = opened()();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 24 * 3600 * 1000 });
    onTestFinished(() => void vi.useRealTimers());
    await backend.put(name, [bytes('x')]);
    const { modifiedAt } = (await backend.find(name)) ?? expect.fail('it was not stored');
    expect(Math.abs((await backend.now()) - modifiedAt)).toBeLessThan(3600 * 1000);
  });
});

describe.skipIf(!installedServers.includes('versitygw'))('a bucket that cannot be used', () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startS3('versitygw');
  });
  afterEach(() => vi.unstubAllEnvs());
  afterAll(() => server.stop());

  it.each([
    [
      'there are no credentials',
      { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined },
      'BUCKET_CREDENTIALS',
      /AWS_PROFILE/,
    ],
    ['the secret is wrong', { AWS_SECRET_ACCESS_KEY: 'wrong' }, 'BUCKET_CREDENTIALS', /renew/],
    ['nobody knows the key', { AWS_ACCESS_KEY_ID: 'nobody' }, 'BUCKET_CREDENTIALS', /renew/],
    ['it is in another region', { AWS_REGION: 'eu-west-1' }, 'BUCKET_REGION', /AWS_REGION=us-east-1/],
  ] as const)('is named with what to do: %s', async (_, env, code, next) => {
    withEnvironment(server.env);
    for (const [variable, value] of Object.entries(env)) vi.stubEnv(variable, value);
    const backend = openS3(`s3://${bucket}/x`, impatient);
    const refusal = { code, next: expect.stringMatching(next) };
    await expect(backend.requireWritable()).rejects.toMatchObject(refusal);
    const error: unknown = await backend.put(name, [bytes('x')]).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject(refusal);
    expect((error as Error).message).not.toContain(server.env.AWS_SECRET_ACCESS_KEY);
  });

  it('is not asked at an address that holds credentials', async () => {
    withEnvironment({ ...server.env, AWS_ENDPOINT_URL: server.endpoint.replace('//', '//key:hidden@') });
    const error: unknown = await openS3(`s3://${bucket}/x`, impatient)
      .find(name)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'STORE_URL', message: expect.not.stringContaining('hidden') });
  });

  it('is named where it does not exist', async () => {
    withEnvironment(server.env);
    await expect(openS3('s3://no-such-bucket/x', impatient).requireWritable()).rejects.toMatchObject({
      code: 'BUCKET_MISSING',
    });
  });

  it('is named where access is denied', async () => {
    const [user, secret] = ['somebody', 'somebody-secret'];
    const guarded = await startS3('versitygw', { users: true });
    onTestFinished(() => guarded.stop());
    guarded.addUser(user, secret);
    withEnvironment({ ...guarded.env, AWS_ACCESS_KEY_ID: user, AWS_SECRET_ACCESS_KEY: secret });
    const backend = openS3(`s3://${bucket}/x`, impatient);
    const next = expect.stringContaining('s3:PutObject');
    await expect(backend.requireWritable()).rejects.toMatchObject({ code: 'STORE_READ', next });
    await expect(backend.put(name, [bytes('x')])).rejects.toMatchObject({ code: 'STORE_UNWRITABLE', next });
  });

  it('is named where it is full', async ({ skip }) => {
    const disk = temporaryFolder();
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk], { stdio: 'ignore' });
    } catch {
      skip('needs the right to mount a tmpfs');
    }
    const small = await startS3('versitygw', { disk });
    onTestFinished(async () => {
      await small.stop();
      execFileSync('umount', ['-l', disk]);
    });
    withEnvironment(small.env);
    const backend = openS3(`s3://${bucket}/x`, impatient);
    await backend.put(name, [bytes('kept')]);
    await expect(backend.put('score/ab/large.json', [new Uint8Array(1 << 20)])).rejects.toMatchObject({
      code: 'STORE_FULL',
    });
    expect(await backend.find('score/ab/large.json')).toBeUndefined();
    expect((await backend.find(name))?.bytes).toBe(4);
  });
});

describe.skipIf(!installedServers.includes('moto' satisfies ServerKind))('a server that ignores conditions', () => {
  it('is refused by its name before anything is begun', async () => {
    // moto takes requests whose signed headers were left out on the way.
    const server = await startS3('moto');
    const proxy = await openProxy(server.endpoint);
    onTestFinished(async () => {
      vi.unstubAllEnvs();
      await proxy.stop();
      await server.stop();
    });
    withEnvironment(environment(proxy.endpoint));
    for (const header of ['if-none-match', 'if-match']) {
      proxy.strip(header);
      await expect(openS3(`s3://${bucket}/x`, impatient).requireWritable()).rejects.toMatchObject({
        code: 'BUCKET_CONDITIONS',
        message: expect.stringMatching(new RegExp(`Werkzeug.*${header}`, 'i')),
      });
    }
    proxy.strip();
    await openS3(`s3://${bucket}/x`, impatient).requireWritable();
    for await (const left of openS3(`s3://${bucket}/x`).list('')) expect.fail(left.name);
  });
});
