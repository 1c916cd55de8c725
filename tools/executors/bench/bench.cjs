const { spawn } = require('node:child_process');
const { join } = require('node:path');

const meanings = {
  1: 'a cell failed',
  2: 'bad input',
  3: 'a method got worse',
  4: 'stopped, the same command continues',
  5: 'out of time, the same command continues',
  6: 'no room, the same command continues once there is',
};

/**
 * Runs `bench <target> ...arguments` in the caller's folder: no shell, arguments as they were typed, output as it comes.
 * Nx knows success and failure only, so the exit code and its meaning are printed.
 */
module.exports = async function bench({ __unparsed__: args }, { root, targetName: verb }) {
  const child = spawn(process.execPath, [join(root, 'packages/bench/dist/bench.js'), verb, ...args], {
    cwd: process.env.INIT_CWD ?? process.env.PWD ?? root,
    env: callerEnvironment(),
    stdio: 'inherit',
  });
  const forward = (signal) => child.kill(signal);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, forward);
  const [code, signal] = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (...ending) => resolve(ending));
  });
  for (const signal of signals) process.off(signal, forward);
  if (code === 0) return { success: true };
  const meaning = signal === null ? meanings[code] : 'killed';
  console.error(`bench ${verb}: exit code ${code ?? signal}${meaning === undefined ? '' : ` (${meaning})`}`);
  return { success: false };
};

/** Nx asks for colours even where its output is no terminal. */
function callerEnvironment() {
  const { FORCE_COLOR, ...env } = process.env;
  return FORCE_COLOR === undefined || (FORCE_COLOR === 'true' && !process.stdout.isTTY) ? env : { ...env, FORCE_COLOR };
}
