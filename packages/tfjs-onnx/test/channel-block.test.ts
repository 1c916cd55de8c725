import { openGraph } from '@attribution-bench/onnx';
import { describe, it } from 'vitest';
import { compile, type Engine, onnxEngine } from '../src/index.js';
import { expectSame, gradientOf, named } from './support/compare.js';
import { betweenBlocksCases, blockedCases, pooledCases } from './support/spatial-cases.js';

/** What runs where ONNX Runtime has no blocks of channels. */
const everywhere: Engine = { ...onnxEngine, program: async (fn, inputs) => openGraph(compile(fn, inputs)) };

describe('graphs for any processor give what those for this one give', () => {
  it.each([...blockedCases, ...pooledCases, ...betweenBlocksCases].map((one) => [one.name, one] as const))(
    '%s',
    async (_, one) => {
      await expectSame(everywhere, onnxEngine, (inputs) => named(one.fn(inputs)), one.operands, 2e-6);
      await expectSame(everywhere, onnxEngine, gradientOf(one), one.operands, 1e-5);
    },
  );
});
