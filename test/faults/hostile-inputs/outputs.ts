import type { HostileInput } from './row.js';

/** Places where results or output cannot be written. Their rows name a results folder of their own after the usual one. */
export const hostileOutputs: readonly HostileInput[] = [
  {
    what: 'a results folder inside a file',
    command: ['grid', '--results', 'hostile.yaml/results'],
    says: /^error: .*hostile\.yaml\/results.*\n$/,
  },
];
