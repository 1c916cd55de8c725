#!/usr/bin/env node
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const command = new URL('../dist/bench.js', import.meta.url);
if (!existsSync(command)) buildOnce();
await import(command.href).catch((error) => {
  const next = error.code === 'EMFILE' ? ', raise the limit of open files: ulimit -n 4096' : '';
  console.error(
    `error: bench cannot be loaded: ${process.argv.includes('--debug') ? error.stack : error.message}${next}`,
  );
  process.exitCode = 2;
});

/** A fresh clone holds sources only; every later change is built by `npm run build`, or by Nx before each command. */
function buildOnce() {
  console.error('bench: first run in this clone, building ...');
  const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const workspace = fileURLToPath(new URL('../../..', import.meta.url));
  const { status } = spawnSync(process.execPath, [compiler, '-b', workspace], { stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
}
