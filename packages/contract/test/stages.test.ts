import { expect, it } from 'vitest';
import { checkStages, int, stageParams } from '../src/index.js';

const help = 'a parameter';
const method = {
  id: 'staged',
  params: { size: int({ default: 1, help }), ridge: int({ default: 2, help }) },
};
const params = { size: 1, ridge: 2 };

it('a stage reads the parameters that it declares, and all others refuse to be read in any way', () => {
  const reads = checkStages(method, { fit: ['size'] }, { fit: true, queries: true });
  expect(reads).toEqual({ fit: ['size'], queries: ['size', 'ridge'] });
  const seen = stageParams({ ...method, reads }, 'fit', params);
  expect(seen.size).toBe(1);
  const ways: (() => unknown)[] = [
    () => seen.ridge,
    () => 'ridge' in seen,
    () => Object.hasOwn(seen, 'ridge'),
    () => ({ ...seen }),
    () => Object.getOwnPropertyDescriptor(seen, 'ridge'),
  ];
  for (const way of ways)
    expect(way).toThrow('fit of method "staged" reads the parameter "ridge" and does not declare that');
});

it('a stage cannot be said to read what is no parameter, nor one be said to read that is not there', () => {
  const check = (declared: Parameters<typeof checkStages>[1]) => () =>
    checkStages(method, declared, { fit: true, queries: false });
  expect(check({ fit: ['rigde'] })).toThrow('says that fit reads "rigde", which is no parameter of it');
  expect(check({ queries: ['size'] })).toThrow('says what queries reads and has none');
});
