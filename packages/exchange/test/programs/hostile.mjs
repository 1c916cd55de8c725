// A program that does not behave: as its first argument says. Only tests start it.
import { spawn } from 'node:child_process';
import { openSync, readFileSync, symlinkSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';

const [, , way, requestFile] = process.argv;
const { output } = JSON.parse(readFileSync(requestFile, 'utf8'));

/** A NumPy file of 32-bit floats. */
function save(file, shape, values) {
  const head = Buffer.alloc(128, ' ');
  head.write('\x93NUMPY\x01\x00', 'latin1');
  head.writeUInt16LE(118, 8);
  head.write(`{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`, 10, 'latin1');
  head.write('\n', 127);
  writeFileSync(file, Buffer.concat([head, Buffer.from(Float32Array.from(values).buffer)]));
}

const good = () =>
  save(
    output,
    [3, 4],
    Array.from({ length: 12 }, (_, i) => i),
  );
const sleeper = ['-e', 'setInterval(() => undefined, 1000)'];

const ways = {
  good,
  'wrong-shape': () => save(output, [4, 4], new Array(16).fill(1)),
  nan: () => save(output, [3, 4], [1, 2, 3, 4, 5, Number.NaN, 7, 8, 9, 10, 11, 12]),
  'no-scores': () => undefined,
  'not-numpy': () => writeFileSync(output, 'scores: 1 2 3'),
  truncated() {
    good();
    truncateSync(output, 140);
  },
  'ten-gigabytes'() {
    writeFileSync(output, '');
    truncateSync(output, 10 * 2 ** 30);
  },
  'grows-for-ever'() {
    const file = openSync(join(dirname(output), 'scratch'), 'w');
    const block = Buffer.alloc(64 * 2 ** 20);
    truncateSync(join(dirname(output), 'scratch'), 2 ** 31);
    for (;;) writeSync(file, block.subarray(0, 1), 0, 1, 0);
  },
  'link-out'() {
    symlinkSync('/etc/passwd', output);
  },
  'prints-for-ever'() {
    const line = Buffer.alloc(2 ** 16, 'x');
    for (;;) writeSync(1, line);
  },
  'sleeps-for-ever': () => setInterval(() => undefined, 1000),
  'fills-memory'() {
    const held = [];
    for (;;) held.push(Buffer.alloc(16 * 2 ** 20, 1));
  },
  'leaves-a-child'() {
    good();
    spawn(process.execPath, sleeper, { stdio: 'ignore' }).unref();
  },
  'leaves-a-child-in-a-group-of-its-own'() {
    good();
    spawn(process.execPath, sleeper, { stdio: 'inherit', detached: true }).unref();
  },
  'leaves-a-daemon'() {
    good();
    spawn('setsid', ['-f', 'env', '-i', process.execPath, ...sleeper], { stdio: 'ignore' }).unref();
    // Until it has left the group.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
  },
  'kills-itself': () => process.kill(process.pid, 'SIGKILL'),
  'kills-its-parent'() {
    process.kill(process.ppid, 'SIGKILL');
    setInterval(() => undefined, 1000);
  },
  fails() {
    console.log('loading the models');
    console.error('\u001b[31mValueError: shapes (3,4) and (5,) do not match\u001b[0m');
    process.exitCode = 3;
  },
  'two-files'() {
    good();
    writeFileSync(output.replace(/npy$/, 'npz'), '');
  },
};
ways[way]();
