import { readdirSync } from 'node:fs';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { UserModule } from '../src/isolation/messages.js';
import { startUserProcess } from '../src/isolation/user-process.js';
import { fixture } from './support/folder.js';

const method = (name: string): UserModule => ({ kind: 'method', use: name, file: fixture(name) });

it('ends a module that does not come to its end while it is loaded', async () => {
  const process = startUserProcess();
  await expect(process.ask({ ask: 'load', module: method('hangs') }, { limitMs: 2000 })).rejects.toMatchObject({
    code: 'USER_CODE_SILENT',
    message: 'gave no answer in 2 s and was ended',
  });
  expect(process.alive).toBe(false);
  await expect(process.ask({ ask: 'prepare' })).rejects.toMatchObject({ code: 'USER_CODE_SILENT' });
});

it('answers with plain data, and with the error of the module', async () => {
  const process = startUserProcess();
  const declared = await process.ask({ ask: 'load', module: method('same-class') });
  expect(declared).toMatchObject({
    id: 'same-class',
    needs: ['labels'],
    params: { weight: { type: 'int', default: 1 } },
  });
  await expect(process.ask({ ask: 'load', module: method('half') })).rejects.toMatchObject({ code: 'MODULE_INVALID' });
  expect(await process.ask({ ask: 'uses', module: method('same-class'), params: {} })).toEqual({
    checkpoints: 1,
    trajectory: 1,
  });
  process.end();
});

it('has credentials of the SDK only where what it reads and writes is in a bucket', async () => {
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  onTestFinished(() => void vi.unstubAllEnvs());
  for (const [storeLocation, seen] of [
    [undefined, ''],
    ['/results/store', ''],
    ['s3://bucket/store', 'AWS_SECRET_ACCESS_KEY'],
  ] as const) {
    const process = startUserProcess({ ...(storeLocation && { storeLocation }) });
    await expect(process.ask({ ask: 'load', module: method('looks-around') })).rejects.toThrow(`sees [${seen}]`);
    process.end();
  }
});

it.runIf(process.platform === 'linux')('leaves no file handle open, however many processes come and go', async () => {
  const handles = () => readdirSync('/proc/self/fd').length;
  const comeAndGo = async () => {
    const process = startUserProcess();
    await expect(process.ask({ ask: 'load', module: method('broken') })).rejects.toMatchObject({
      code: 'MODULE_BROKEN',
    });
    process.end();
    await expect(process.ask({ ask: 'prepare' })).rejects.toMatchObject({ code: 'USER_CODE_CRASHED' });
  };
  await comeAndGo();
  const before = handles();
  for (let i = 0; i < 10; i++) await comeAndGo();
  expect(handles()).toBeLessThanOrEqual(before);
});
