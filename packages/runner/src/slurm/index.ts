export { setupVariable } from './batch-script.js';
export { predictSteps } from './predict-steps.js';
export { defaultProfile, type Profile, readProfile } from './profile.js';
export { runPack, type TaskPlace } from './run-pack.js';
export { slurmExecutor } from './slurm-executor.js';
export type { SlurmOptions } from './slurm-parts.js';
export { readSlurmStatus, type SlurmStatus } from './slurm-status.js';
export { takeBack } from './take-back.js';
