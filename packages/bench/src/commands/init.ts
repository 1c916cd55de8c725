import { existsSync } from 'node:fs';
import { BenchError, didYouMean, type ModelKind } from '@attribution-bench/contract';
import type { TableSketch } from '@attribution-bench/tasks';
import { Command } from 'commander';
import { catalogue } from '../catalogue/catalogue.js';
import { type FlagValues, withFlags } from '../flags.js';
import { isPath, isTable } from '../init/grid-text.js';
import { openInterview } from '../init/questions.js';
import { requireNew, writeGrid } from '../init/write-grid.js';

interface Answers {
  data?: string;
  model?: string;
  methods?: string;
}

export function initCommand(): Command {
  const command = new Command('init')
    .summary('write a grid file: three questions, or three flags')
    .description(
      'Asks for your data, your model and your methods, and writes a grid file with comments that validates. What flags ' +
        'say is not asked for; where there is no terminal, all three are needed. No file is overwritten.',
    )
    .argument('[file]', 'the grid file to write', 'grid.yaml')
    .option(
      '--data <name>',
      'a dataset (bench list datasets), a .csv or .npz file, or a folder of .npy files or images',
    )
    .option('--model <name>', 'a model (bench list models), or the path of a module of your own')
    .option('--methods <names>', 'methods (bench list methods) or paths of modules of your own, separated by commas')
    .addHelpText(
      'after',
      `
Examples:
  bench init
  bench init houses.yaml --data ./houses.csv --model linear --methods random,trak
  bench init photos.yaml --data ./photos --model cnn --methods random,trak
  bench init --data digits --model ddpm-mlp --methods random,d-trak`,
    );
  return withFlags(command).action((file: string, flags: FlagValues & Answers) => init(command, file, flags));
}

async function init(command: Command, file: string, flags: Answers): Promise<void> {
  requireNew(file);
  const missing = (['data', 'model', 'methods'] as const).filter((name) => flags[name] === undefined);
  const { stdin, stderr } = process;
  if (missing.length > 0 && !(stdin.isTTY && stderr.isTTY))
    command.error(
      `error: ${missing.map((name) => `--${name}`).join(', ')} not given, and there is no terminal to ask on, e.g. ` +
        'bench init --data digits --model mlp --methods random,trak',
    );
  const [datasets, models, methods] = [
    await catalogue('datasets'),
    await catalogue('models'),
    await catalogue('methods'),
  ].map((entries) => entries.map(({ id }) => id));
  const kinds = new Map((await catalogue('models')).map(({ id, facts }) => [id, facts.kind as ModelKind]));
  const interview = missing.length > 0 ? openInterview(stdin, stderr) : undefined;
  const answer = async (name: keyof Answers, text: string, preset: string, known: readonly string[]) => {
    const check = (given: string) => problemOf(name, given, known);
    const given = flags[name] ?? (await interview?.ask({ text, preset, check })) ?? preset;
    const wrong = check(given);
    if (wrong !== undefined) throw wrong;
    return given;
  };
  try {
    const data = await answer('data', `Your data: a path, or one of ${datasets.join(', ')}?`, 'digits', datasets);
    const model = await answer('model', `Your model: a path, or one of ${models.join(', ')}?`, 'mlp', models);
    const kind = kinds.get(model) ?? 'classifier';
    const preset = kind === 'generator' ? 'random,grad-dot,d-trak' : 'random,grad-dot,trak';
    const question = `Your methods, separated by commas: paths, or of ${methods.join(', ')}?`;
    const chosen = listed(await answer('methods', question, preset, methods));
    await writeGrid(file, { data, table: await sketchOf(data), model, kind, methods: chosen });
  } finally {
    interview?.close();
  }
  console.log(`wrote ${file}\n\nNext:\n  bench plan ${file}\n  bench grid ${file}`);
}

/** What is in the data, where they are a table. */
async function sketchOf(data: string): Promise<TableSketch | undefined> {
  if (!isPath(data) || !isTable(data)) return undefined;
  const { sketchTable, usualMissingText } = await import('@attribution-bench/tasks');
  return sketchTable(data, usualMissingText);
}

function listed(answer: string): string[] {
  return answer
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** What is wrong with an answer: a name that is not known, or a path of data that does not exist. */
function problemOf(name: keyof Answers, answer: string, known: readonly string[]): BenchError | undefined {
  const wrong = (message: string, next: string) =>
    new BenchError({ code: 'UNKNOWN_NAME', place: `--${name}`, message, next });
  const given = name === 'methods' ? listed(answer) : [answer];
  if (given.length === 0) return wrong('names none', `known: ${known.join(', ')}`);
  const unknown = given.find((one) => !known.includes(one) && !isPath(one));
  if (unknown !== undefined)
    return wrong(`"${unknown}" is not known`, didYouMean(unknown, known, `known: ${known.join(', ')}`));
  if (name === 'data' && isPath(answer) && !existsSync(answer))
    return wrong(`there is no ${answer}`, 'name a file or a folder that exists');
  return undefined;
}
