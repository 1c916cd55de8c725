// Compiles packages/numerics/src/projections/sign-sums.wat into the module beside it; `--check` only says whether that is done.
import { readFileSync, writeFileSync } from 'node:fs';
import openWabt from 'wabt';

const folder = new URL('../../packages/numerics/src/projections/', import.meta.url);
const file = new URL('sign-sums-module.ts', folder);
const { parseWat } = await openWabt();
const { buffer } = parseWat('sign-sums.wat', readFileSync(new URL('sign-sums.wat', folder), 'utf8'), {
  simd: true,
}).toBinary({});
const module = `/** The WebAssembly module of sign-sums.wat in base64: \`node tools/scripts/sign-sums-module.mjs\` writes this file. */
export const signSumsModule =
  '${Buffer.from(buffer).toString('base64')}';
`;
if (!process.argv.includes('--check')) writeFileSync(file, module);
else if (readFileSync(file, 'utf8') !== module) {
  console.error(
    'sign-sums-module.ts is not what sign-sums.wat compiles to: run node tools/scripts/sign-sums-module.mjs',
  );
  process.exitCode = 1;
}
