import type { LayerBasis } from '@attribution-bench/contract';
import { shapeError } from '../errors.js';
import { transpose } from '../matrices/transpose.js';
import type { FactorProjector, LayerMap, LayerShape } from './factor-projection.js';

/**
 * Gradients written in an orthonormal basis of each layer, with nothing left out: input ⊗ delta becomes
 * (basis · input) ⊗ (basis · delta), so that of gradients of one position no matrix is multiplied.
 */
export function createBasisChange(
  bases: readonly LayerBasis[],
  layers: readonly Omit<LayerShape, 'factored'>[],
): FactorProjector {
  if (bases.length !== layers.length)
    throw shapeError('createBasisChange', `${bases.length} bases are not those of ${layers.length} layers`);
  const maps = layers.map(({ width, outputs }, l): LayerMap => {
    const { input, delta } = bases[l];
    return {
      ...(input !== undefined && { left: columnsOf(input, width) }),
      inputs: width,
      ...(delta !== undefined && { right: columnsOf(delta, outputs) }),
      outputs,
    };
  });
  const dim = layers.reduce((sum, { width, outputs }) => sum + width * outputs, 0);
  return {
    dim,
    layers: maps,
    mapped: dim,
    project(rows, out) {
      for (let i = 0; i < out.length; i++) out[i] += rows[i];
    },
  };
}

/** The vectors as columns. @param vectors [size × size], as rows */
function columnsOf(vectors: Float32Array, size: number): Float32Array {
  if (vectors.length !== size * size)
    throw shapeError('createBasisChange', `${vectors.length} numbers are not a basis of ${size} vectors`);
  return transpose(vectors, size, size);
}
