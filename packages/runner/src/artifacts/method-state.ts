import type { MethodState, NdArray } from '@attribution-bench/contract';
import type { ArtifactCodec } from './codec.js';

/** What a method keeps of the training side: flat arrays by names of its own, so that there is no layout to check. */
export const stateArtifact: ArtifactCodec<MethodState> = {
  encode(state) {
    const arrays: Record<string, NdArray> = {};
    for (const [name, data] of Object.entries(state)) arrays[name] = { shape: [data.length], data };
    return { arrays, metadata: {} };
  },
  decode: ({ arrays }) => Object.fromEntries(Object.entries(arrays).map(([name, { data }]) => [name, data])),
};
