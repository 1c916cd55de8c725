import { choices } from '@attribution-bench/contract';
import { arrays } from './arrays.js';
import { cifar10, cifar100 } from './cifar.js';
import { csv } from './csv/csv.js';
import { penguins } from './csv/penguins.js';
import type { Dataset } from './dataset.js';
import { digits } from './digits.js';
import { emoji } from './emoji.js';
import { fashionMnist } from './fashion-mnist.js';
import { imageFolder } from './image-folder.js';
import { mnist } from './mnist.js';
import { synthetic } from './synthetic.js';

/** Every dataset that `data.use` can name. */
export const datasets: Readonly<Record<string, Dataset>> = choices('dataset', {
  digits,
  emoji,
  mnist,
  'fashion-mnist': fashionMnist,
  cifar10,
  cifar100,
  'image-folder': imageFolder,
  arrays,
  csv,
  penguins,
  synthetic,
});
