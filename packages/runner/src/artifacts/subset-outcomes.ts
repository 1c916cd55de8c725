import type { SubsetOutcomes } from '@attribution-bench/contract';
import { arrayOf, countOf } from './checked-fields.js';
import type { ArtifactCodec } from './codec.js';
import { flatMembers, membersOf } from './flat-members.js';

/** Subsets that methods may learn from, with what training on them came to. */
export const subsetsArtifact: ArtifactCodec<SubsetOutcomes & { readonly train: number }> = {
  encode({ members, targets, train }) {
    const shape = [members.length, targets.length / members.length];
    return {
      arrays: { ...flatMembers(members), targets: { shape, data: targets } },
      metadata: { train: String(train) },
    };
  },
  decode(artifact) {
    const train = countOf(artifact, 'train');
    const members = membersOf(artifact, train);
    return { members, targets: arrayOf(artifact, 'targets', 'float64', [members.length, 'queries']).data, train };
  },
};
