import type { SubsetOutcomes } from '@attribution-bench/contract';
import { arrayOf, countOf, optionalArrayOf } from './checked-fields.js';
import type { ArtifactCodec } from './codec.js';
import { flatMembers, membersOf } from './flat-members.js';

/** Subsets that methods may learn from, with what training on them came to. */
export const subsetsArtifact: ArtifactCodec<SubsetOutcomes & { readonly train: number }> = {
  encode({ members, targets, onTrain, train }) {
    const shape = [members.length, targets.length / members.length];
    return {
      arrays: {
        ...flatMembers(members),
        targets: { shape, data: targets },
        ...(onTrain && { onTrain: { shape: [members.length, train], data: onTrain } }),
      },
      metadata: { train: String(train) },
    };
  },
  decode(artifact) {
    const train = countOf(artifact, 'train');
    const members = membersOf(artifact, train, { repeats: artifact.arrays.onTrain !== undefined });
    const onTrain = optionalArrayOf(artifact, 'onTrain', 'float32', [members.length, train])?.data;
    const targets = arrayOf(artifact, 'targets', 'float64', [members.length, 'queries']).data;
    return { members, targets, ...(onTrain && { onTrain }), train };
  },
};
