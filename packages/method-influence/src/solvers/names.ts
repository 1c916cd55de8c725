/** Everything that `solver` can be; one file each beside this one. */
export const solverNames = ['explicit', 'cg', 'kfac', 'ekfac', 'ekfac-cg', 'lissa', 'arnoldi', 'datainf'] as const;
