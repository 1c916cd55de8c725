import { cifar10Archive, cifar100Archive } from './cifar.js';
import { fashionMnistFiles } from './fashion-mnist.js';
import { mnistFiles } from './mnist.js';
import type { PublishedData } from './published.js';
import { publishedArchive } from './published-archive.js';
import { publishedIdx } from './published-idx.js';

/** Datasets that are not shipped but can be downloaded, by the name that a grid file gives them. */
export const publishedData: Readonly<Record<string, PublishedData>> = {
  mnist: publishedIdx(mnistFiles),
  'fashion-mnist': publishedIdx(fashionMnistFiles),
  cifar10: publishedArchive(cifar10Archive),
  cifar100: publishedArchive(cifar100Archive),
};
