import { Command } from 'commander';
import { exitCode } from '../exit-codes.js';
import type { Finding } from '../finding.js';
import { type FlagValues, withFlags } from '../flags.js';
import { inspectMachine } from '../machine.js';
import { resultsPlace } from '../workspace.js';

export function doctorCommand(): Command {
  const command = new Command('doctor')
    .summary('what this machine has and lacks')
    .description('Checks what the bench runs on; exit code 2 when something essential is missing.');
  return withFlags(command, 'json', 'results').action(examine);
}

const marks = { ok: 'ok  ', note: 'note', bad: 'BAD ' } as const;

async function examine(flags: FlagValues): Promise<void> {
  const findings = await inspectMachine(resultsPlace(flags.results));
  console.log(flags.json ? JSON.stringify(findings, undefined, 2) : findings.map(line).join('\n'));
  if (findings.some(({ verdict }) => verdict === 'bad')) process.exitCode = exitCode.badInput;
}

function line({ verdict, subject, found, next }: Finding): string {
  return `${marks[verdict]}  ${subject}: ${found}${next === undefined ? '' : `, ${next}`}`;
}
