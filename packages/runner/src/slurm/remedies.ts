/** What helps against what Slurm says when it refuses something; the first that matches. */
const remedies: readonly (readonly [said: RegExp, next: string])[] = [
  [/configuration file|slurm\.conf/i, 'run the command on a login node of the cluster, or set SLURM_CONF'],
  [
    /invalid partition|partition.*not (available|permitted)/i,
    'correct `partition` of the profile: sinfo lists partitions',
  ],
  [/account|association/i, 'correct `account` of the profile: sacctmgr show associations user=$USER lists accounts'],
  [/qos/i, 'correct `qos` of the profile, or leave it out'],
  [/feature|constraint/i, "correct `constraint` of the profile: sinfo -o '%N %f' lists what nodes have"],
  [/gres|generic resource/i, "correct `gres` of the profile: sinfo -o '%N %G' lists what nodes have"],
  [/memory/i, "lower `memory` of the profile, or name another `partition`: sinfo -o '%P %m' lists MiB of nodes"],
  [
    /cpu|node configuration/i,
    "lower `cpus` of the profile, or name another `partition`: sinfo -o '%P %c' lists processors of nodes",
  ],
  [/time limit/i, "lower `time` of the profile, or name another `partition`: sinfo -o '%P %l' lists limits"],
  [/unrecognized option|invalid option|ambiguous/i, 'correct `flags` of the profile: sbatch --help lists flags'],
  [/mail/i, 'correct `mail` of the profile'],
  [
    /unable to contact|connect|communication|timed out/i,
    'give the same command again when Slurm answers (scontrol ping)',
  ],
];

/** The next step after a refusal of Slurm. @param said what it says */
export function remedyFor(said: string): string {
  return remedies.find(([pattern]) => pattern.test(said))?.[1] ?? 'see docs/cluster.md';
}
