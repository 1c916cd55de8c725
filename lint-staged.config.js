export default {
  '*': 'biome check --write --no-errors-on-unmatched --files-ignore-unknown=true',
  // Types are a matter of the whole workspace, so the names of the staged files are dropped.
  '*.{ts,js,cjs,mjs,json}': () => ['tsc -b', 'tsc -p tsconfig.test.json'],
};
