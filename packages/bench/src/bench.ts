import { CommanderError } from 'commander';
import { commandLine } from './command-line.js';
import { exitCode, exitOf } from './exit-codes.js';
import { printFailure } from './failure.js';
import { endOnInterrupt } from './interrupt.js';
import { watchOutput } from './output-errors.js';

const args = process.argv.slice(2);
let outputExit: number | undefined;

watchOutput((error) => {
  outputExit = exitOf[error.code];
  process.exitCode ||= exitOf[error.code];
  printFailure(error, args.includes('--debug'));
});
endOnInterrupt();

const exit = await run();
process.exitCode = exit === exitCode.ok ? (outputExit ?? exit) : exit;

async function run(): Promise<number> {
  try {
    await commandLine().parseAsync(args, { from: 'user' });
    return process.exitCode === undefined ? exitCode.ok : Number(process.exitCode);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.badInput;
    return printFailure(error, args.includes('--debug'));
  }
}
