import { Argument, Command } from 'commander';
import { completions } from '../completion/completions.js';
import { completionScripts, type Shell, shells } from '../completion/scripts.js';
import { among, withFlags } from '../flags.js';

export function completionCommand(): Command {
  const command = new Command('completion')
    .summary('make a shell complete verbs, flags, values and names of grids')
    .description('Prints a script for a shell, which then completes what is typed after bench.')
    .addArgument(among(new Argument('<shell>', 'the shell'), shells))
    .addHelpText(
      'after',
      `
Examples:
  bench completion bash >> ~/.bashrc
  bench completion zsh >> ~/.zshrc              after compinit
  bench completion fish > ~/.config/fish/completions/bench.fish`,
    );
  return withFlags(command).action((shell: Shell) => {
    process.stdout.write(completionScripts[shell]);
  });
}

/** What those scripts call: the words after bench, the last of which is to be completed. */
export function completeCommand(program: Command): Command {
  return new Command('complete').argument('[word...]').action(async (words: string[]) => {
    for (const word of await completions(program, words)) console.log(word);
  });
}
