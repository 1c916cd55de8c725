import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bench, temporaryFolder } from './command.js';

/** Says on standard error, as the process ends, whether TensorFlow.js was loaded. */
const watcher = `process.on('exit', () => {
  const loaded = Object.keys(require.cache).some((file) => file.includes('@tensorflow'));
  console.error(loaded ? 'loaded' : 'not loaded');
});
`;

test('status and list load TensorFlow.js only to find out what newly installed code offers', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'watcher.cjs'), watcher);
  const env = {
    NODE_OPTIONS: `--require ${join(folder, 'watcher.cjs')}`,
    XDG_CACHE_HOME: join(folder, 'cache'),
    HOME: folder,
  };
  const run = (...args: string[]) => bench(args, { env });
  expect(await run('status', '--results', folder)).toMatchObject({ code: 0, stderr: 'not loaded\n' });
  expect(await run('list', 'configs')).toMatchObject({ code: 0, stderr: 'not loaded\n' });
  const first = await run('list', '--json');
  expect(first).toMatchObject({ code: 0, stderr: 'loaded\n' });
  expect(await run('list', '--json')).toEqual({ ...first, stderr: 'not loaded\n' });
  writeFileSync(join(folder, 'cache/attribution-bench/catalogue.json'), 'no catalogue');
  expect(await run('list', 'models', 'mlp')).toMatchObject({ code: 0, stderr: 'loaded\n' });
});
