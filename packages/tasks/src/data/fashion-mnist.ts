import { choice, file, list } from '@attribution-bench/contract';
import { defineDataset, pointParams } from './dataset.js';
import { loadIdxDataset } from './idx-dataset.js';
import type { IdxFiles } from './idx-files.js';

const classNames = [
  't-shirt',
  'trouser',
  'pullover',
  'dress',
  'coat',
  'sandal',
  'shirt',
  'sneaker',
  'bag',
  'ankle-boot',
] as const;

/** The four files as Zalando Research published them. */
export const fashionMnistFiles: IdxFiles = {
  id: 'fashion-mnist',
  mirrors: [
    'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com',
    'https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion',
  ],
  knownFolders: ['/usr/share/datasets/fashion-mnist'],
  knownAs: "Debian's package dataset-fashion-mnist",
  classNames,
  sha256: {
    'train-images-idx3-ubyte': 'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
    'train-labels-idx1-ubyte': 'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
    't10k-images-idx3-ubyte': '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
    't10k-labels-idx1-ubyte': '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
  },
};

/** Fashion-MNIST, 28×28, pixels divided by 255; queries come from its test set. */
export const fashionMnist = defineDataset({
  id: 'fashion-mnist',
  title: 'Fashion-MNIST, 28×28',
  licence: 'MIT',
  home: 'https://github.com/zalandoresearch/fashion-mnist',
  params: {
    ...pointParams({ train: 5000, queries: 500 }),
    classes: list(choice(classNames, { help: 'a class' }), { default: [], help: 'classes to keep; none named: all' }),
    path: file({
      default: '',
      help: "folder with the four IDX files; left out: Debian's package, the cache, or a download into it",
    }),
  },
  load: ({ path }, environment) => loadIdxDataset(fashionMnistFiles, path, environment),
});
