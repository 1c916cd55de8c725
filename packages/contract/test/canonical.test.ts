import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson, hashJson, type Json } from '../src/index.js';

const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>;

test('the order of members does not reach the key', () => {
  expect(canonicalJson({ b: 1, a: [true, null, 'x'] })).toBe('{"a":[true,null,"x"],"b":1}');
  expect(hashJson({ a: 1, b: { d: 2, c: 3 } })).toBe(hashJson({ b: { c: 3, d: 2 }, a: 1 }));
});

test('a member that is undefined is the same as one that is absent, and -0 is 0', () => {
  expect(canonicalJson({ a: undefined, b: -0 })).toBe('{"b":0}');
});

test('what JSON cannot hold is refused rather than lost', () => {
  expect(() => canonicalJson({ lr: Number.NaN })).toThrow('canonical JSON cannot hold NaN');
  expect(() => canonicalJson([Number.POSITIVE_INFINITY])).toThrow('Infinity');
});

test('canonical JSON parses back to the same value', () => {
  fc.assert(
    fc.property(json, (value) => {
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});
