import { BenchError, exitCode } from '@attribution-bench/contract';
import { CommanderError } from 'commander';
import { commandLine } from './command-line.js';
import { printFailure } from './failure.js';

/** A reader that went away (`bench list | head`, a closed terminal) ends output, not the run. */
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

process.exitCode = await run(process.argv.slice(2));

async function run(args: readonly string[]): Promise<number> {
  try {
    await commandLine().parseAsync(args, { from: 'user' });
    return process.exitCode === undefined ? exitCode.ok : Number(process.exitCode);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.badInput;
    printFailure(error, args.includes('--debug'));
    return error instanceof BenchError ? error.exit : exitCode.cellFailed;
  }
}
