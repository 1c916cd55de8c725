import { fileNameProblem, parseDuration, parseSize } from '@attribution-bench/contract';
import { z } from 'zod';

/** The outer shape of a grid file; datasets, models, targets, metrics and methods check their own parameters. */

const count = z.int().min(1).max(1_000_000);
const seed = z.int().min(0);
const share = z.number().gt(0).lt(1);
const text = z.string().min(1).max(200);
const params = z.record(z.string(), z.unknown());
/** Tasks, methods, metrics and seeds of one grid. */
const most = 1000;

const tolerance = z.number().min(0).max(100);

const truthFields = {
  subsets: count.min(2).describe('random subsets of the training set, m'),
  fraction: share.describe('share of the training set in each subset'),
  stratified: z.boolean().describe('whether every subset has the same share of each class'),
  retrainSeeds: count.describe('retrainings of each subset, R; default 2, or 1 with seeds: same'),
};

const seeds = z.enum(['fresh', 'same']);
const severalSeeds = z
  .array(seeds)
  .min(1)
  .refine((list) => new Set(list).size === list.length, 'the list has an entry twice');

const shares = z
  .array(share)
  .min(1)
  .refine((list) => new Set(list).size === list.length, 'the list has a share twice');

export const truthSchema = z.strictObject({
  subsets: truthFields.subsets.default(64),
  fraction: z
    .union([share, shares], 'expected a share between 0 and 1, or a list of such shares')
    .optional()
    .describe('share of the training set in each subset, default 0.5; of several shares each makes a task of its own'),
  leaveOut: count.optional().describe('points that each subset leaves out, in place of fraction'),
  stratified: truthFields.stratified.default(false),
  by: z
    .enum(['point', 'group'])
    .optional()
    .describe('what subsets are drawn of: points (default), or whole groups of points that the dataset knows'),
  retrainSeeds: truthFields.retrainSeeds.optional(),
  seeds: z
    .union([seeds, severalSeeds], 'expected fresh, same, or [fresh, same]')
    .optional()
    .describe(
      'fresh: each retraining has a seed of its own; same: the run on all points once more, in its batches, without the points left out; of both each makes a task of its own',
    ),
});

const shorthand = (value: unknown): unknown => (typeof value === 'string' ? { use: value } : value);

const models = z.int().min(0).max(most);

const amount = z.number().min(0);

/** Of `use: scores` and `use: command` only. */
const externalFields = {
  family: text.optional().describe('on the board'),
  sign: z
    .enum(['raises', 'lowers'])
    .optional()
    .describe('what a positive score says the training point does to the target'),
  orientation: z.enum(['queries-by-train', 'train-by-queries']).optional().describe('of the matrix'),
  global: z.boolean().optional().describe('whether there is one score for each training point, whatever the query'),
  files: z.array(z.string().min(1)).min(1).optional().describe('of scores: one file for each seed'),
  cost: z
    .strictObject({ seconds: amount.optional(), memory: amount.optional(), retrainings: amount.optional() })
    .optional()
    .describe('of scores: what they cost whoever computed them, memory in bytes'),
  argv: z.array(z.string().min(1)).min(1).optional().describe('of command: program and arguments, no shell'),
  uses: z
    .strictObject({ checkpoints: models.optional(), trajectory: models.optional() })
    .optional()
    .describe('of command: how many models it wants'),
};

const methodSchema = z.preprocess(
  shorthand,
  z.strictObject({
    use: z.string().min(1).describe('id of a method, name of its package, or path of its module from this file'),
    params: params.default({}).describe('fixed parameters'),
    grid: z
      .record(z.string(), z.array(z.unknown()).min(1))
      .default({})
      .describe('parameters with a list of values each; every combination is one setting'),
    as: z.string().min(1).optional().describe('id on the board, for another row of the same method'),
    title: text.optional().describe('on the board'),
    tasks: z.array(z.string()).min(1).optional().describe('only for these tasks'),
    ...externalFields,
  }),
);

const metricSchema = z.preprocess(
  shorthand,
  z.strictObject({
    use: z.string().min(1).describe('id of a metric, name of its package, or path of its module from this file'),
    params: params.default({}),
    tasks: z.array(z.string()).min(1).optional().describe('only for these tasks'),
  }),
);

export const duration = z
  .string()
  .refine((text) => parseDuration(text) !== undefined, 'expected a duration such as 90s, 20m or 1h30m')
  .transform((text) => parseDuration(text) as number);

export const size = z
  .string()
  .refine((text) => parseSize(text) !== undefined, 'expected a size such as 512MiB or 3GiB')
  .transform((text) => parseSize(text) as number);

const taskOverrides = z.strictObject({
  data: params.optional(),
  model: params.optional(),
  target: params.optional(),
  queries: params.optional(),
});

/** What is wrong with a name that the boards folder uses itself: a board's folder lies beside the list of boards. */
export function reservedName(name: string): string | undefined {
  return name.toLowerCase() === 'index.html' ? `"${name}" is a file of the boards folder` : undefined;
}

export const gridSchema = z.strictObject({
  schema: z.literal('bench/grid@1'),
  name: z
    .string()
    .superRefine((name, issue) => {
      const problem = fileNameProblem(name) ?? fileNameProblem(`${name}-quick`) ?? reservedName(name);
      if (problem !== undefined) issue.addIssue(problem);
    })
    .describe('of the board and its folder'),
  seed: seed.default(0).describe('everything random derives from it'),
  tasks: z
    .array(z.looseObject({ id: z.string(), extends: z.string().optional() }))
    .min(1)
    .max(most),
  truth: truthSchema.optional(),
  methods: z.array(methodSchema).min(1).max(most),
  seeds: z.array(seed).min(1).max(most).default([0]).describe('of the methods, not of the truth'),
  metrics: z.array(metricSchema).min(1).max(most),
  select: z
    .strictObject({
      by: z
        .string()
        .optional()
        .describe('metric that parameters are chosen by; default the one the board is ranked by'),
      tuneFraction: share
        .default(0.25)
        .describe(
          'share of queries and subsets they are chosen on, or that methods learn from; the others are reported',
        ),
      budget: z
        .int()
        .min(2)
        .max(most)
        .optional()
        .describe(
          'settings of each method whose entry has no `grid:`: its defaults, and others drawn from its search space',
        ),
    })
    .optional(),
  report: z
    .strictObject({
      primary: z.string().optional().describe('metric that the board is ranked by; default the first'),
      ci: share.default(0.95),
      resamples: count.min(100).default(2000),
    })
    .prefault({}),
  budget: z
    .strictObject({
      cell: duration.optional().describe('time of fit and score together, e.g. 20m'),
      memory: size.optional().describe('memory of the process while the cell runs alone, e.g. 3GiB'),
    })
    .prefault({}),
  check: z
    .strictObject({
      baseline: z.string().min(1).describe('file of the accepted numbers, seen from the workspace'),
      tolerance: z
        .union([tolerance, z.record(z.string(), tolerance)])
        .optional()
        .describe('of the primary metric, or by metric: 0.02 of correlations, 0.3 log-odds of areas, shares of others'),
    })
    .optional(),
  quick: z
    .strictObject({
      tasks: taskOverrides.optional().describe('laid over every task'),
      truth: z.strictObject(truthFields).partial().optional(),
      seeds: z.array(seed).min(1).optional(),
    })
    .optional()
    .describe('what --quick changes; where it says nothing, sizes are cut to a default'),
});

export type RawGrid = z.infer<typeof gridSchema>;
export type RawTruth = z.infer<typeof truthSchema>;
