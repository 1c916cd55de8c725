import { expect, test } from 'vitest';
import { torchLayers, torchRows } from '../src/index.js';

const layers = [
  { inputs: 3, outputs: 2 },
  { inputs: 2, outputs: 1 },
];

test('PyTorch weights [out × in] become [in × out], each layer followed by its bias', () => {
  const flat = torchLayers([
    {
      weight: { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
      bias: { shape: [2], data: Float32Array.of(7, 8) },
    },
    { weight: { shape: [1, 2], data: Float32Array.of(9, 10) }, bias: { shape: [1], data: Float32Array.of(11) } },
  ]);
  expect([...flat]).toEqual([1, 4, 2, 5, 3, 6, 7, 8, 9, 10, 11]);
});

test('rows of a matrix move with their parameters', () => {
  const rows = torchRows({ shape: [11, 1], data: Float32Array.from({ length: 11 }, (_, i) => i) }, layers);
  expect([...rows.data]).toEqual([0, 3, 1, 4, 2, 5, 6, 7, 8, 9, 10]);
});
