import { availableParallelism } from 'node:os';
import { nearest, parseDuration } from '@attribution-bench/contract';
import { type Argument, type Command, InvalidArgumentError, Option } from 'commander';

/** The flags that verbs share; a verb adds those it understands with {@link withFlags}. */
const flags = {
  config: () =>
    new Option('-c, --config <file>', 'the grid: a path, or a name in configs/ (with or without .yaml)').default(
      'digits',
    ),
  jobs: () =>
    new Option('-j, --jobs <n>', 'how many workers of this process compute at once; results do not depend on it')
      .argParser(wholeNumber)
      .default(availableParallelism(), 'the number of cores'),
  only: () =>
    new Option('--only <glob>', 'only cells that match task/method, e.g. "*/trak"; repeatable').argParser(collect),
  skip: () => new Option('--skip <glob>', 'leave out cells that match task/method; repeatable').argParser(collect),
  force: () =>
    new Option('--force <glob>', 'compute cells that match task/method again although stored; repeatable').argParser(
      collect,
    ),
  maxTime: () =>
    new Option(
      '--max-time <duration>',
      'stop cleanly after this long, e.g. 90s, 20m, 1h30m; ends with exit code 5',
    ).argParser(duration),
  failFast: () => new Option('--fail-fast', 'stop at the first cell that fails'),
  quick: () => new Option('--quick', "the small sizes of the grid's `quick:` section, to see that everything works"),
  engine: () =>
    among(
      new Option(
        '--engine <name>',
        'onnx, or tfjs: the same functions run eagerly by TensorFlow.js (slow; a cross-check)',
      ),
      ['onnx', 'tfjs'],
    ).default('onnx'),
  device: () =>
    among(
      new Option(
        '--device <name>',
        'compute on a GPU, by WebGPU (Vulkan on Linux) or CUDA, in place of the processor; results are kept apart',
      ),
      ['webgpu', 'cuda'],
    ),
  progress: () =>
    among(
      new Option(
        '--progress <style>',
        'live: a view that is drawn over, the default on a terminal; plain: a line every ten seconds and the failures; none',
      ),
      ['live', 'plain', 'none'],
    ),
  json: () => new Option('--json', 'JSON on standard output instead of text'),
  results: () =>
    new Option(
      '--results <place>',
      'where results are kept: a folder or s3://bucket/prefix (default: results/ of the workspace)',
    ).argParser(folder),
  debug: () => new Option('--debug', 'print stacks with errors'),
} as const;

export type FlagName = keyof typeof flags;

/** What {@link withFlags} leaves for the verb's action. */
export interface FlagValues {
  config: string;
  jobs: number;
  only?: string[];
  skip?: string[];
  force?: string[];
  /** Milliseconds. */
  maxTime?: number;
  failFast?: true;
  quick?: true;
  engine: 'onnx' | 'tfjs';
  device?: 'webgpu' | 'cuda';
  progress?: 'live' | 'plain' | 'none';
  json?: true;
  results?: string;
  debug?: true;
}

/** Adds the named flags, and `--debug`, which every verb has. */
export function withFlags(command: Command, ...names: FlagName[]): Command {
  for (const name of [...names, 'debug' as const]) command.addOption(flags[name]());
  return command;
}

/**
 * A verb about one grid: adds the named flags, `--config` among them, and lets the grid be named without the flag,
 * `bench grid digits.yaml`. It is an error to name two grids.
 */
export function onGrid<F extends FlagValues>(
  command: Command,
  names: readonly FlagName[],
  run: (flags: F) => Promise<void>,
): Command {
  command.argument('[grid]', 'the grid, in place of --config');
  return withFlags(command, 'config', ...names).action((grid: string | undefined, flags: F) => {
    if (grid !== undefined && command.getOptionValueSource('config') === 'cli' && grid !== flags.config)
      command.error(`error: two grids are named, '${grid}' and '--config ${flags.config}'. Leave one of them out.`);
    return run({ ...flags, config: grid ?? flags.config });
  });
}

/** One of a few values; another one is refused with the one that was probably meant. */
export function among<T extends Option | Argument>(what: T, values: readonly string[]): T {
  what.choices(values);
  const parse = (value: string, earlier: string | string[] = []): string | string[] => {
    if (values.includes(value)) return what.variadic ? [earlier, value].flat() : value;
    const meant = nearest(value, values);
    const guess = meant === undefined ? '' : `Did you mean "${meant}"? `;
    throw new InvalidArgumentError(`${guess}Known: ${values.join(', ')}.`);
  };
  what.argParser(parse);
  return what;
}

function collect(value: string, earlier: string[] | undefined): string[] {
  return [...(earlier ?? []), value];
}

/** A whole number of at least 1. */
export function wholeNumber(value: string): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || number < 1 || !Number.isSafeInteger(number))
    throw new InvalidArgumentError('Expected a whole number of at least 1.');
  return number;
}

/** A whole number of at least 0. */
export function notNegative(value: string): number {
  return value === '0' ? 0 : wholeNumber(value);
}

/** Milliseconds of `90s`, `20m` or `1h30m`. */
export function duration(value: string): number {
  const milliseconds = parseDuration(value);
  if (milliseconds === undefined) throw new InvalidArgumentError('Expected a duration such as 90s, 20m or 1h30m.');
  return milliseconds;
}

function folder(value: string): string {
  if (value === '') throw new InvalidArgumentError('Expected a folder or s3://bucket/prefix.');
  return value;
}
