import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { among, type FlagValues, withFlags } from '../flags.js';

interface NewMethodFlags extends FlagValues {
  to?: string;
  title?: string;
  cite: string;
  tasks: 'both' | 'classifier' | 'generator';
  python?: true;
}

export function newMethodCommand(): Command {
  const command = new Command('new-method')
    .summary('a package for a method of your own: source, test, grid, README, CI')
    .description(
      'Writes a package of its own for a new method, which needs nothing of this repository. As it is written its tests pass and its grid runs: it is the gradient dot product, to be replaced by your method.',
    )
    .argument('<id>', 'lower-case words joined by dashes, e.g. my-method')
    .option('--to <folder>', 'folder to write to (default: one of that name)')
    .option('--python', 'a program in Python, with PyTorch or NumPy, in place of a module in TypeScript')
    .option('--title <text>', 'the name on boards (default: made from the id)')
    .option('--cite <text>', 'the paper, e.g. "Park et al. 2023, arXiv:2303.14186"', 'unpublished')
    .addOption(
      among(new Option('--tasks <kind>', 'kinds of tasks that it supports'), [
        'both',
        'classifier',
        'generator',
      ]).default('both'),
    )
    .addHelpText(
      'after',
      `
Examples:
  bench new-method my-method
  bench new-method my-method --python
  bench new-method my-method --tasks classifier --title "My method"`,
    );
  return withFlags(command).action(newMethod);
}

async function newMethod(id: string, flags: NewMethodFlags): Promise<void> {
  const { writeMethodPackage } = await import('../new-method/write-method-package.js');
  const { to = id, cite, tasks, title } = flags;
  const language = flags.python === true ? 'python' : 'typescript';
  const folder = resolve(to);
  const files = await writeMethodPackage(folder, {
    id,
    title: title ?? id.replaceAll('-', ' ').replace(/^./, (letter) => letter.toUpperCase()),
    cite,
    tasks: tasks === 'both' ? ['classifier', 'generator'] : [tasks],
    language,
  });
  console.log(`wrote ${files.length} files to ${to}:`);
  for (const file of files) console.log(`  ${file}`);
  console.log(`\nNext:\n  cd ${to}`);
  for (const line of nextSteps[language]) console.log(`  ${line.replaceAll('<id>', id)}`);
}

const nextSteps = {
  typescript: [
    'npm install --ignore-scripts',
    'npm test             the contract tests, green from the start',
    'npm run bench        a board of your method and the random baseline',
    'edit src/<id>.ts until it is your method, and its test and README with it',
  ],
  python: [
    "pip install '.[test]'    in an environment of its own; '.[test,torch]' with PyTorch",
    'python -m pytest         the rules that every method keeps, green from the start',
    'npm install --no-save @attribution-bench/bench @attribution-bench/method-random',
    'npx bench grid --config grid.yaml    a board of your method and the random baseline',
    'edit method.py until it is your method, and its test and README with it',
  ],
};
