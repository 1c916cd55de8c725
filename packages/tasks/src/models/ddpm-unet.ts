import { BenchError, bool, int, list } from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';
import { diffusionParams } from '../generator/diffusion.js';
import type { Nn } from '../nn/architecture/layer.js';
import { activations } from '../nn/functions/activations.js';
import { pixelAttention } from '../nn/functions/self-attention.js';
import { doubled } from '../nn/functions/upsample.js';
import { augmentationParams } from '../training/augmentation.js';
import { defineModel } from './model.js';

const { silu } = activations;

/**
 * The U-Net of denoising diffusion models, in the block structure of the published CIFAR-10 models: residual blocks of
 * two convolutions on every resolution, each told the time step; every block but the last of `channels` halves the
 * resolution; on the way up each residual block also sees what its counterpart on the way down put out.
 */
export const ddpmUnet = defineModel({
  id: 'ddpm-unet',
  title: 'Diffusion model, U-Net',
  kind: 'generator',
  cite: 'Ho et al. 2020, arXiv:2006.11239',
  params: {
    channels: list(int({ min: 1, max: 4096, help: 'channels' }), {
      default: [16, 32, 32],
      help: 'channels of each resolution, the full one first',
    }),
    layers: int({ default: 1, min: 1, max: 16, help: 'residual blocks of each resolution; one more on the way up' }),
    attention: list(int({ min: 1, help: 'a resolution' }), {
      default: [],
      help: 'resolutions with attention, the full one being 1; the middle always has it',
    }),
    groups: int({ default: 8, min: 1, max: 1024, help: 'of channels, in group normalisation' }),
    timeScaleShift: bool({ default: false, help: 'scale and shift by the time step instead of adding to channels' }),
    timeFeatures: int({ default: 32, min: 2, max: 4096, help: 'sines and cosines of the time step; even' }),
    flip: augmentationParams.flip,
    ...diffusionParams,
  },
  recipe: { epochs: 200, batch: 32, optimizer: 'adamw', lr: 2e-3, weightDecay: 1e-6, schedule: 'cosine', warmup: 0.1 },
  network({ channels, layers, attention, groups, timeScaleShift }, { inputShape, outputs }) {
    checkShape(inputShape, channels.length, attention);
    return (nn, x, time) => {
      const [full] = channels;
      const hidden = silu(nn.dense('time1', time as tf.Tensor, 4 * full));
      const embedding = silu(nn.dense('time2', hidden, 4 * full));
      const residual = (name: string, h: tf.Tensor, filters: number) =>
        residualBlock(nn, name, h, { filters, groups, embedding, timeScaleShift });
      const attended = (name: string, h: tf.Tensor) =>
        tf.add(h, pixelAttention(nn, name, nn.groupNorm(`${name}.norm`, h, groups)));
      /** Residual block number `block` of a resolution, and its attention if it has one. */
      const blockOf = (way: string, level: number, block: number, h: tf.Tensor): tf.Tensor => {
        const place = `${way}${level + 1}`;
        const out = residual(`${place}.res${block}`, h, channels[level]);
        return attention.includes(level + 1) ? attended(`${place}.attention${block}`, out) : out;
      };

      let h = nn.conv2d('first', x, { filters: full, kernel: 3 });
      const kept = [h];
      for (let level = 0; level < channels.length; level++) {
        for (let block = 1; block <= layers; block++) {
          h = blockOf('down', level, block, h);
          kept.push(h);
        }
        if (level + 1 === channels.length) break;
        h = nn.conv2d(`down${level + 1}.half`, h, { filters: channels[level], kernel: 3, stride: 2 });
        kept.push(h);
      }
      const deepest = channels[channels.length - 1];
      h = attended('middle.attention', residual('middle.res1', h, deepest));
      h = residual('middle.res2', h, deepest);
      for (let level = channels.length - 1; level >= 0; level--) {
        for (let block = 1; block <= layers + 1; block++) {
          h = blockOf('up', level, block, tf.concat([h, kept.pop() as tf.Tensor], -1));
        }
        if (level === 0) break;
        const [, rows, columns] = kept[kept.length - 1].shape;
        h = nn.conv2d(`up${level + 1}.double`, doubled(h, rows, columns), { filters: channels[level], kernel: 3 });
      }
      const last = silu(nn.groupNorm('last.norm', h, groups));
      return tf.reshape(nn.conv2d('last', last, { filters: inputShape[2], kernel: 3 }), [x.shape[0], outputs]);
    };
  },
});

interface ResidualOptions {
  readonly filters: number;
  readonly groups: number;
  /** [batch × features] */
  readonly embedding: tf.Tensor;
  readonly timeScaleShift: boolean;
}

function residualBlock(
  nn: Nn,
  name: string,
  x: tf.Tensor,
  { filters, groups, embedding, timeScaleShift }: ResidualOptions,
): tf.Tensor {
  const [batch, , , inputs] = x.shape;
  const convolved = nn.conv2d(`${name}.conv1`, silu(nn.groupNorm(`${name}.norm1`, x, groups)), { filters, kernel: 3 });
  const perChannel = (values: tf.Tensor) => tf.reshape(values, [batch, 1, 1, filters]);
  const time = nn.dense(`${name}.time`, embedding, timeScaleShift ? 2 * filters : filters);
  let told: tf.Tensor;
  if (timeScaleShift) {
    const [scale, shift] = tf.split(time, 2, -1);
    const normed = nn.groupNorm(`${name}.norm2`, convolved, groups);
    told = tf.add(tf.mul(normed, tf.add(perChannel(scale), 1)), perChannel(shift));
  } else {
    told = nn.groupNorm(`${name}.norm2`, tf.add(convolved, perChannel(time)), groups);
  }
  const inner = nn.conv2d(`${name}.conv2`, silu(told), { filters, kernel: 3 });
  return tf.add(inner, inputs === filters ? x : nn.conv2d(`${name}.shortcut`, x, { filters, kernel: 1 }));
}

/** @throws BenchError MODEL_SHAPE */
function checkShape(inputShape: readonly number[], levels: number, attention: readonly number[]): void {
  const wrong = (message: string, next: string): BenchError => new BenchError({ code: 'MODEL_SHAPE', message, next });
  if (levels === 0) throw wrong('model.channels names no resolution', 'give the channels of at least one');
  if (inputShape.length !== 3) {
    throw wrong(
      `ddpm-unet takes images [height, width, channels], the inputs of the data set are [${inputShape.join(', ')}]`,
      'use a data set of images, or ddpm-mlp',
    );
  }
  const beyond = attention.find((level) => level > levels);
  if (beyond !== undefined) {
    throw wrong(`model.attention names resolution ${beyond} of ${levels}`, `resolutions are 1 to ${levels}`);
  }
  const [height, width] = inputShape;
  const halvings = Math.ceil(Math.log2(Math.min(height, width)));
  if (levels - 1 > halvings) {
    throw wrong(
      `images of ${height}×${width} cannot be halved ${levels - 1} times, as ${levels} channels ask for`,
      `give at most ${halvings + 1}`,
    );
  }
}
