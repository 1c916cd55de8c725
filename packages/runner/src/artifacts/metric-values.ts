import type { MetricCurve, MetricResult, NdArray } from '@attribution-bench/contract';
import type { Artifact } from '@attribution-bench/store';
import { z } from 'zod';
import { arrayOf, countOf, jsonOf, optionalArrayOf } from './checked-fields.js';
import type { ArtifactCodec, ArtifactPart } from './codec.js';

/** Both sides of the split of one metric of one cell. */
export interface MetricValues {
  readonly report: MetricResult;
  readonly tune?: MetricResult;
}

export const metricArtifact: ArtifactCodec<MetricValues> = {
  encode({ report, tune }) {
    const sides = [encodeSide('report', report), ...(tune === undefined ? [] : [encodeSide('tune', tune)])];
    return {
      arrays: Object.assign({}, ...sides.map(({ arrays }) => arrays)),
      metadata: Object.assign({}, ...sides.map(({ metadata }) => metadata)),
    };
  },
  decode(artifact) {
    const report = decodeSide('report', artifact);
    if (artifact.metadata['tune.value'] === undefined) return { report };
    return { report, tune: decodeSide('tune', artifact) };
  },
};

/** The value on the report split. */
export const reportedValue: ArtifactPart<number> = { names: [], decode: (artifact) => numberOf('report', artifact) };

const series = ['perQuery', 'perSampledQuery', 'predictions', 'outcomes'] as const;

function encodeSide(side: keyof MetricValues, result: MetricResult): Artifact {
  const arrays: Record<string, NdArray> = {};
  const keep = (name: string, data: Float64Array | Uint8Array | Int32Array | undefined): void => {
    if (data !== undefined) arrays[`${side}.${name}`] = { shape: [data.length], data };
  };
  for (const name of series) keep(name, result[name]);
  keep('detection.scores', result.detection?.scores);
  keep('detection.positive', result.detection?.positive);
  for (const [source, values] of Object.entries(result.repeats ?? {})) keep(`repeats.${source}`, values);
  keep('curve.points', result.curve?.points);
  keep('curve.values', result.curve?.values);
  for (const [source, values] of Object.entries(result.curve?.repeats ?? {})) keep(`curve.repeats.${source}`, values);
  const metadata: Record<string, string> = { [`${side}.value`]: JSON.stringify(result.value) };
  if (result.undefinedQueries !== undefined) metadata[`${side}.undefinedQueries`] = String(result.undefinedQueries);
  return { arrays, metadata };
}

/** What kind of result it is shows in what was kept of it. */
function decodeSide(side: keyof MetricValues, artifact: Artifact): MetricResult {
  const value = numberOf(side, artifact);
  const numbers = (name: string) => optionalArrayOf(artifact, `${side}.${name}`, 'float64', ['numbers'])?.data;
  const scores = numbers('detection.scores');
  const positive = optionalArrayOf(artifact, `${side}.detection.positive`, 'uint8', [scores?.length ?? 0]);
  if (scores !== undefined && positive !== undefined)
    return { kind: 'detection', value, detection: { scores, positive: positive.data } };
  const [perQuery, perSampledQuery, predictions, outcomes] = series.map(numbers);
  if (perQuery !== undefined && predictions !== undefined) {
    const counted = artifact.metadata[`${side}.undefinedQueries`] !== undefined;
    return {
      kind: 'correlation',
      value,
      perQuery,
      ...(counted && { undefinedQueries: countOf(artifact, `${side}.undefinedQueries`) }),
      predictions,
      ...(outcomes && { outcomes }),
    };
  }
  const repeats = repeatsOf(`${side}.`, artifact);
  const curve = curveOf(`${side}.curve.`, artifact);
  return {
    kind: 'mean',
    value,
    ...(perQuery && { perQuery }),
    ...(perSampledQuery && { perSampledQuery }),
    ...(Object.keys(repeats).length > 0 && { repeats }),
    ...(curve && { curve }),
  };
}

function curveOf(of: string, artifact: Artifact): MetricCurve | undefined {
  const points = optionalArrayOf(artifact, `${of}points`, 'int32', ['numbers'])?.data;
  if (points === undefined) return undefined;
  const { data: values } = arrayOf(artifact, `${of}values`, 'float64', ['numbers']);
  return { points, values, repeats: repeatsOf(of, artifact) };
}

function repeatsOf(of: string, artifact: Artifact): Record<string, Float64Array> {
  const prefix = `${of}repeats.`;
  const repeats: Record<string, Float64Array> = {};
  for (const name of Object.keys(artifact.arrays)) {
    const data = name.startsWith(prefix) && optionalArrayOf(artifact, name, 'float64', ['numbers'])?.data;
    if (data) repeats[name.slice(prefix.length)] = data;
  }
  return repeats;
}

function numberOf(side: keyof MetricValues, artifact: Artifact): number {
  return jsonOf(artifact, `${side}.value`, z.number());
}
