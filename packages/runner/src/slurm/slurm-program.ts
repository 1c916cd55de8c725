import { execFile } from 'node:child_process';
import { BenchError } from '@attribution-bench/contract';
import { remedyFor } from './remedies.js';

type SlurmProgram = 'sbatch' | 'squeue' | 'sacct' | 'scancel' | 'scontrol';

const limitMs = 120_000;
const mostOutputBytes = 1 << 28;

/**
 * What a program of Slurm prints.
 * @throws BenchError SLURM_MISSING where it is not installed, SLURM_FAILED with what it says when it fails
 */
export function runSlurm(program: SlurmProgram, args: readonly string[]): Promise<string> {
  const options = { timeout: limitMs, maxBuffer: mostOutputBytes, env: { ...process.env, LC_ALL: 'C' } };
  return new Promise((resolve, reject) => {
    execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(failed(program, error, stderr));
    });
  });
}

function failed(program: SlurmProgram, cause: Error & { readonly code?: unknown }, stderr: string): BenchError {
  if (cause.code === 'ENOENT')
    return new BenchError({
      code: 'SLURM_MISSING',
      place: program,
      message: 'is not found: this machine cannot submit jobs to Slurm',
      next: 'run the command on a login node of the cluster, or leave out --executor slurm',
      cause,
    });
  const lines = stderr.trim().split('\n');
  const said = lines.map((line) => line.replace(/^\w+: (error: )?/, '')).join(' / ');
  return new BenchError({
    code: 'SLURM_FAILED',
    place: program,
    message: said === '' ? 'failed or did not answer within two minutes' : `says: ${said}`,
    next: remedyFor(said),
    cause,
  });
}
