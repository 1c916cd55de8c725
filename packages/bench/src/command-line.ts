import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { acceptCommand } from './commands/accept.js';
import { cancelCommand } from './commands/cancel.js';
import { checkCommand } from './commands/check.js';
import { compareCommand } from './commands/compare.js';
import { completeCommand, completionCommand } from './commands/completion.js';
import { dataCommand } from './commands/data.js';
import { doctorCommand } from './commands/doctor.js';
import { exportCommand } from './commands/export.js';
import { gcCommand } from './commands/gc.js';
import { gridCommand } from './commands/grid.js';
import { initCommand } from './commands/init.js';
import { listCommand } from './commands/list.js';
import { newMethodCommand } from './commands/new-method.js';
import { perfCommand } from './commands/perf.js';
import { planCommand } from './commands/plan.js';
import { reportCommand } from './commands/report.js';
import { showCommand } from './commands/show.js';
import { siteCommand } from './commands/site.js';
import { slurmTaskCommand } from './commands/slurm-task.js';
import { statusCommand } from './commands/status.js';
import { storeCommand } from './commands/store.js';
import { truthCommand } from './commands/truth.js';
import { validateCommand } from './commands/validate.js';

const verbs = [
  gridCommand,
  planCommand,
  truthCommand,
  exportCommand,
  statusCommand,
  cancelCommand,
  reportCommand,
  showCommand,
  compareCommand,
  siteCommand,
  checkCommand,
  acceptCommand,
  listCommand,
  initCommand,
  dataCommand,
  newMethodCommand,
  validateCommand,
  doctorCommand,
  gcCommand,
  storeCommand,
  perfCommand,
  completionCommand,
];

/** Verbs that scripts call and nobody types. */
const internalVerbs = new Set(['complete', 'slurm-task']);

const exitCodes = `
Exit codes:
  0  done
  1  a cell failed (the others are done; the reason is on the board)
  2  bad input: nothing was computed
  3  a method got worse than its baseline (bench check)
  4  stopped (Ctrl-C, a signal), or something is not complete: everything finished is kept, the same command continues
  5  out of time (--max-time, --until-settled): everything finished is kept, the same command continues
  6  no room (a full disk or quota, output that is cut): free some, everything finished is kept, the same command continues`;

const examples = `
Start here:
  bench grid digits.yaml            train, retrain, attribute, print the leaderboard
  bench grid digits.yaml --quick    the same at toy sizes, to see that it works
  bench plan digits.yaml            what that would compute, what is stored already, how long it takes
  bench init                        write a grid file of your own: three questions
  bench list methods                what a grid can name, with parameters
  bench doctor                      what this machine has and lacks`;

/** The whole command line; parsing it runs the verb. */
export function commandLine(): Command {
  const program = new Command('bench')
    .description('Attribution Bench: a benchmark of training-data attribution methods')
    .version(version(), '-V, --version', 'the version')
    .helpOption('-h, --help', 'this text; with a verb, its flags')
    .addHelpText('after', `${examples}\n${exitCodes}`)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(`${oneLine(text, program)}\n`) });
  for (const verb of verbs) program.addCommand(inheriting(program, verb()));
  program.addCommand(inheriting(program, completeCommand(program)), { hidden: true });
  program.addCommand(inheriting(program, slurmTaskCommand()), { hidden: true });
  return program;
}

/** Commands that are added ready-made do not take over the settings of their parent by themselves. */
function inheriting(parent: Command, command: Command): Command {
  command.copyInheritedSettings(parent);
  command.configureOutput({ outputError: (text, write) => write(`${oneLine(text, command)}\n`) });
  for (const nested of command.commands) inheriting(command, nested);
  return command;
}

/** Commander puts its suggestion on a line of its own, and says nothing of what there is where it has none. */
function oneLine(error: string, { commands }: Command): string {
  const unknown = /^error: unknown command '(.*)'$/.exec(error.trim())?.[1];
  if (unknown !== undefined) {
    const known = commands.flatMap((command) => (internalVerbs.has(command.name()) ? [] : [command.name()])).join(', ');
    const next = /\.ya?ml$/.test(unknown) ? `did you mean bench grid ${unknown}?` : `known: ${known}`;
    return `${error.trim()}, ${next}`;
  }
  const suggested = error.trim().replace(/\n\(Did you mean (.*)\?\)$/, ', did you mean $1?');
  return suggested.endsWith('?') ? suggested : `${suggested.replace(/\.$/, '')}, see bench help`;
}

function version(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
