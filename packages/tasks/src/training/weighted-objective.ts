import * as tf from '@tensorflow/tfjs';
import type { Objective } from './objective.js';

const weightsName = 'pointWeights';

/**
 * An objective in which the loss of each training point counts `weights` times: in every batch B the weighted losses are
 * summed and divided by |B|, whatever the weights. Batch order, noise, number of steps and statistics of batch
 * normalisations are those of all points, so that weights of 1 train the plain run and those of 0 leave points out of it.
 * @param weights of the points of each model, [models × points]; what its `shared` feeds
 */
export function weightedObjective(objective: Objective, weights: Float32Array): Objective {
  const { points, shared, sharedSpecs } = objective;
  const models = weights.length / points;
  return {
    ...objective,
    shared: { ...shared, [weightsName]: weights },
    sharedSpecs: { ...sharedSpecs, [weightsName]: { shape: [models, points], dtype: 'float32' } },
    losses(parameters, step, interpret) {
      const { rows, [weightsName]: ofPoints } = step;
      const starts = tf.reshape(tf.range(0, models * points, points, 'int32'), [models, 1]);
      const places = tf.reshape(tf.add(rows, starts), [rows.size]) as tf.Tensor1D;
      const factors = tf.gather(tf.reshape(ofPoints, [models * points]), places);
      return tf.mul(objective.losses(parameters, step, interpret), tf.reshape(factors, rows.shape));
    },
  };
}
