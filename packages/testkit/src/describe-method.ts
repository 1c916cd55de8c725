import type { Method } from '@attribution-bench/contract';
import { describe, test } from 'vitest';
import { type ContractOptions, contractRules } from './contract-rules.js';

/**
 * The contract tests of a method, one a rule: call it at the top level of a test file.
 * @example describeMethod(trak, { params: { projDim: 16 } })
 */
export function describeMethod(method: Method, options: ContractOptions = {}): void {
  describe(`${method.id} keeps the contract of a method`, () => {
    for (const { name, exempt, check } of contractRules(method, options)) {
      if (exempt === undefined) test(name, check);
      else test.skip(`${name} (exempt: ${exempt})`, check);
    }
  });
}
