import { join, resolve } from 'node:path';
import type { Command, Option } from 'commander';
import { catalogue } from '../catalogue/catalogue.js';
import { type Kind, kinds } from '../catalogue/kinds.js';
import { configNames, workspaceFolder } from '../workspace.js';

/**
 * What the last of the words after `bench` can become: verbs, flags, values and names. Nothing where a file or free text
 * belongs, so that the shell offers files.
 */
export async function completions(program: Command, words: readonly string[]): Promise<string[]> {
  const partial = words.at(-1) ?? '';
  let command = program;
  const given: string[] = [];
  let awaiting: Option | undefined;
  for (const word of words.slice(0, -1)) {
    if (awaiting !== undefined) awaiting = undefined;
    else if (word.startsWith('-'))
      awaiting = optionsOf(command).find((option) => takesValue(option) && [option.long, option.short].includes(word));
    else {
      const nested = command.commands.find((one) => one.name() === word);
      if (nested === undefined) given.push(word);
      else command = nested;
    }
  }
  const offered =
    awaiting !== undefined
      ? valuesOf(awaiting)
      : partial.startsWith('-')
        ? flagsOf(command)
        : [...verbsOf(command), ...(await argumentsOf(command, given))];
  return [...new Set(offered)].filter((word) => word.startsWith(partial));
}

function optionsOf(command: Command): readonly Option[] {
  return command.createHelp().visibleOptions(command);
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}

function flagsOf(command: Command): string[] {
  return optionsOf(command).flatMap(({ long, short }) =>
    [long, short].filter((flag) => flag !== undefined && flag !== null),
  );
}

function valuesOf(option: Option): readonly string[] {
  return option.argChoices ?? (option.attributeName() === 'config' ? gridNames() : []);
}

function verbsOf(command: Command): string[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((one) => one.name());
}

/** What the next argument of a command can be. */
async function argumentsOf(command: Command, given: readonly string[]): Promise<readonly string[]> {
  const { registeredArguments } = command;
  const last = registeredArguments.at(-1);
  const next = registeredArguments[given.length] ?? (last?.variadic ? last : undefined);
  if (next === undefined) return [];
  if (next.name() === 'grid') return gridNames();
  const [kind] = given;
  if (command.name() === 'list' && kinds.includes(kind as Kind))
    return (await catalogue(kind as Kind)).map(({ id }) => id);
  return next.argChoices ?? [];
}

/** Grid files of the workspace by their names, and those of the caller's folder. */
function gridNames(): string[] {
  const short = configNames(join(workspaceFolder(), 'configs')).map((file) => file.replace(/\.ya?ml$/, ''));
  return [...short, ...configNames(resolve(''))];
}
