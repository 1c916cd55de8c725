import { BenchError, deriveSeed, type MetricResult, type NdArray, Rng, type Split } from '@attribution-bench/contract';
import { metrics } from '@attribution-bench/metrics';
import type { Artifact, ArtifactRef, Store } from '@attribution-bench/store';
import type { MetricJob } from '../model/job.js';
import { withFeatures } from './image-features.js';
import { retrainForMetric } from './retrain-for-metric.js';
import { readTruth } from './truth.js';
import { type StepReport, stopwatch, type Workshop, writeOutput } from './workshop.js';

/** Both sides of the split of one metric of one cell. */
export interface MetricValues {
  readonly report: MetricResult;
  readonly tune?: MetricResult;
}

/** Compares scores with what is known, on the report split and, where parameters are chosen, on the tune split. */
export async function evaluateMetric(job: MetricJob, workshop: Workshop): Promise<StepReport> {
  const { store } = workshop;
  const { spec, key } = job.task;
  const metric = metrics[job.metric];
  const { arrays } = await store.read(job.scores);
  const truth =
    job.truth === undefined
      ? undefined
      : await readTruth(store, job.truth.artifact, {
          key: job.truth.key,
          train: job.info.train,
          ...job.truth.rule,
        });
  const flipped =
    job.dataset === undefined
      ? undefined
      : ((await store.readArrays(job.dataset, ['flipped'])).arrays.flipped.data as Uint8Array);
  const context = {
    task: job.info,
    scores: arrays.scores.data as Float32Array,
    scoreShape: job.scoreShape,
    ...(arrays.selfInfluence === undefined ? {} : { selfInfluence: arrays.selfInfluence.data as Float32Array }),
    ...(truth === undefined ? {} : { truth }),
    ...(flipped === undefined ? {} : { flipped }),
  };
  const elapsed = stopwatch();
  const evaluate = async (split: Split): Promise<MetricResult> => {
    const rng = new Rng(deriveSeed(spec.seed, key, 'metric', metric.sharesRetrainings ?? job.metric));
    const requests = metric.retrainings?.(context, job.params, split, rng);
    const drawn = requests && (await retrainForMetric(requests, job.task, workshop));
    const space = metric.imageSpace?.(job.params);
    const retrained = drawn && space ? await withFeatures(drawn, space, job.task, workshop) : drawn;
    const result = metric.evaluate({ ...context, ...(retrained && { retrained }) }, job.params, split);
    if (Number.isFinite(result.value)) return result;
    throw new BenchError({
      code: 'METRIC_NOT_FINITE',
      message: `metric "${job.metric}" came out as ${result.value}`,
    });
  };
  const report = await evaluate(job.report);
  const tune = job.tune === undefined ? undefined : await evaluate(job.tune);
  const spent = elapsed();
  const encoded = [encode('report', report), ...(tune === undefined ? [] : [encode('tune', tune)])];
  await writeOutput(
    store,
    job.output,
    Object.assign({}, ...encoded.map((part) => part.arrays)),
    Object.assign({}, ...encoded.map((part) => part.metadata)),
  );
  return { ...spent, value: report.value };
}

export async function readMetric(store: Store, ref: ArtifactRef): Promise<MetricValues> {
  const artifact = await store.read(ref);
  return {
    report: decode('report', artifact),
    ...(artifact.metadata['tune.value'] === undefined ? {} : { tune: decode('tune', artifact) }),
  };
}

function encode(side: keyof MetricValues, result: MetricResult): Artifact {
  const arrays: Record<string, NdArray> = {};
  const keep = (name: string, data: Float64Array | Uint8Array | undefined) => {
    if (data !== undefined) arrays[`${side}.${name}`] = { shape: [data.length], data };
  };
  keep('perQuery', result.perQuery);
  keep('perSampledQuery', result.perSampledQuery);
  keep('predictions', result.predictions);
  keep('outcomes', result.outcomes);
  keep('detection.scores', result.detection?.scores);
  keep('detection.positive', result.detection?.positive);
  for (const [source, values] of Object.entries(result.repeats ?? {})) keep(`repeats.${source}`, values);
  const undefinedQueries = result.undefinedQueries;
  return {
    arrays,
    metadata: {
      [`${side}.value`]: JSON.stringify(result.value),
      ...(undefinedQueries === undefined ? {} : { [`${side}.undefinedQueries`]: String(undefinedQueries) }),
    },
  };
}

function decode(side: keyof MetricValues, { arrays, metadata }: Artifact): MetricResult {
  const numbers = (name: string) => arrays[`${side}.${name}`]?.data as Float64Array | undefined;
  const perQuery = numbers('perQuery');
  const perSampledQuery = numbers('perSampledQuery');
  const predictions = numbers('predictions');
  const outcomes = numbers('outcomes');
  const scores = numbers('detection.scores');
  const positive = arrays[`${side}.detection.positive`]?.data as Uint8Array | undefined;
  const prefix = `${side}.repeats.`;
  const repeats = Object.keys(arrays)
    .filter((name) => name.startsWith(prefix))
    .map((name) => [name.slice(prefix.length), arrays[name].data as Float64Array]);
  const undefinedQueries = metadata[`${side}.undefinedQueries`];
  return {
    value: JSON.parse(metadata[`${side}.value`]),
    ...(perQuery === undefined ? {} : { perQuery }),
    ...(perSampledQuery === undefined ? {} : { perSampledQuery }),
    ...(undefinedQueries === undefined ? {} : { undefinedQueries: Number(undefinedQueries) }),
    ...(repeats.length === 0 ? {} : { repeats: Object.fromEntries(repeats) }),
    ...(predictions === undefined ? {} : { predictions }),
    ...(outcomes === undefined ? {} : { outcomes }),
    ...(scores === undefined || positive === undefined ? {} : { detection: { scores, positive } }),
  };
}
