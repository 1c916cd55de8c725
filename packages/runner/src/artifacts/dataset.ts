import { type PointMarks, sizeOf } from '@attribution-bench/contract';
import type { Artifact } from '@attribution-bench/store';
import { type MarkName, markNames, type TaskData } from '@attribution-bench/tasks';
import { z } from 'zod';
import { arrayOf, countOf, jsonArray, jsonArrayOf, jsonOf, optionalArrayOf } from './checked-fields.js';
import type { ArtifactCodec, ArtifactPart } from './codec.js';

const texts = z.array(z.string());
const sizes = z.array(z.int().min(1));

/** What a task is fed, without generated queries. */
export const datasetArtifact: ArtifactCodec<TaskData> = {
  encode(data) {
    const { labels, queryLabels } = data;
    const dims = data.inputs.length / labels.length;
    const queryDims = queryLabels.length === 0 ? dims : data.queryInputs.length / queryLabels.length;
    return {
      arrays: {
        [inputsName]: { shape: [labels.length, dims], data: data.inputs },
        labels: { shape: [labels.length], data: labels },
        flipped: { shape: [data.flipped.length], data: data.flipped },
        queryInputs: { shape: [queryLabels.length, queryDims], data: data.queryInputs },
        queryLabels: { shape: [queryLabels.length], data: queryLabels },
        ids: jsonArray(data.ids),
        queryIds: jsonArray(data.queryIds),
        ...(data.responses && {
          responses: { shape: [labels.length], data: data.responses.train },
          queryResponses: { shape: [queryLabels.length], data: data.responses.queries },
        }),
        ...Object.assign({}, ...markNames.map((name) => encodedMarks(name, data.marks?.[name]))),
      },
      metadata: { inputShape: JSON.stringify(data.inputShape), classes: String(data.classes) },
    };
  },
  decode: (artifact) => {
    const rest = heldBeside.decode(artifact);
    const [points, dims] = inputsShape(rest);
    return { ...rest, inputs: arrayOf(artifact, inputsName, 'float32', [points, dims]).data };
  },
};

/** Name of the array of the training points, the largest one. */
export const inputsName = 'inputs';

/** Shape of that array. */
export function inputsShape({ labels, inputShape }: Omit<TaskData, 'inputs'>): [number, number] {
  return [labels.length, sizeOf(inputShape)];
}

/** All of it but the numbers of the training points. */
export const heldBeside: ArtifactPart<Omit<TaskData, 'inputs'>> = {
  names: [
    'labels',
    'flipped',
    'queryInputs',
    'queryLabels',
    'ids',
    'queryIds',
    'responses',
    'queryResponses',
    ...markNames.flatMap((name) => [marksArray(name, 'train'), marksArray(name, 'queries')]),
  ],
  decode(artifact) {
    const labels = labelsOf(artifact);
    const queryLabels = arrayOf(artifact, 'queryLabels', 'int32', ['queries']).data;
    const inputShape = jsonOf(artifact, 'inputShape', sizes);
    const dims = sizeOf(inputShape);
    const responses = optionalArrayOf(artifact, 'responses', 'float32', [labels.length])?.data;
    const marks = markNames.flatMap((name) =>
      artifact.arrays[marksArray(name, 'train')] === undefined ? [] : [[name, decodedMarks(name, artifact)] as const],
    );
    return {
      labels,
      flipped: arrayOf(artifact, 'flipped', 'uint8', [labels.length]).data,
      queryInputs: arrayOf(artifact, 'queryInputs', 'float32', [queryLabels.length, dims]).data,
      queryLabels,
      inputShape,
      classes: countOf(artifact, 'classes'),
      ids: jsonArrayOf(artifact, 'ids', texts),
      queryIds: jsonArrayOf(artifact, 'queryIds', texts),
      ...(responses && {
        responses: {
          train: responses,
          queries: arrayOf(artifact, 'queryResponses', 'float32', [queryLabels.length]).data,
        },
      }),
      ...(marks.length > 0 && { marks: Object.fromEntries(marks) }),
    };
  },
};

/** The class that each training point is trained on, [train]. */
export const trainingLabels: ArtifactPart<Int32Array> = { names: ['labels'], decode: labelsOf };

/** 1 where label noise changed the class, [train]. */
export const flippedLabels: ArtifactPart<Uint8Array> = {
  names: ['flipped'],
  decode: (artifact) => arrayOf(artifact, 'flipped', 'uint8', ['train']).data,
};

/** The class of each training point as trained on, and of each held-out query as explained. */
export const pointLabels: ArtifactPart<PointMarks> = {
  names: ['labels', 'queryLabels'],
  decode: (artifact) => ({
    train: labelsOf(artifact),
    queries: arrayOf(artifact, 'queryLabels', 'int32', ['queries']).data,
  }),
};

/** What a task with something planted in its points knows of them. */
export function pointMarks(name: MarkName): ArtifactPart<PointMarks> {
  return {
    names: [marksArray(name, 'train'), marksArray(name, 'queries')],
    decode: (artifact) => decodedMarks(name, artifact),
  };
}

/** Where each held-out query comes from, [queries]. */
export const heldoutQueryIds: ArtifactPart<string[]> = {
  names: ['queryIds'],
  decode: (artifact) => jsonArrayOf(artifact, 'queryIds', texts),
};

function labelsOf(artifact: Artifact): Int32Array {
  return arrayOf(artifact, 'labels', 'int32', ['train']).data;
}

function marksArray(name: MarkName, of: keyof PointMarks): string {
  return `marks.${name}.${of}`;
}

function encodedMarks(name: MarkName, marks: PointMarks | undefined): Artifact['arrays'] {
  if (marks === undefined) return {};
  const { train, queries } = marks;
  return {
    [marksArray(name, 'train')]: { shape: [train.length], data: train },
    [marksArray(name, 'queries')]: { shape: [queries.length], data: queries },
  };
}

function decodedMarks(name: MarkName, artifact: Artifact): PointMarks {
  return {
    train: arrayOf(artifact, marksArray(name, 'train'), 'int32', ['train']).data,
    queries: arrayOf(artifact, marksArray(name, 'queries'), 'int32', ['queries']).data,
  };
}
