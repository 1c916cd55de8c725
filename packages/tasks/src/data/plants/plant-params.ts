import { int, list, num, object, optional, text } from '@attribution-bench/contract';

/** What a classifier's data can have planted in it for metrics to find, one at a time; part of no key where it is left out. */
export const plantParams = {
  mergeClasses: optional(
    list(int({ min: 0, help: 'a class of the task' }), {
      help: 'the class, from 0, that each class of the dataset becomes, in label order: for subclass-detection',
    }),
  ),
  shortcut: optional(
    object(
      {
        class: text({ help: 'name of the class whose images carry the trigger' }),
        share: num({ default: 0.5, min: 0, max: 1, help: 'share of its training images that carry it' }),
        queryShare: num({
          default: 0.5,
          min: 0,
          max: 1,
          help: 'share of the queries of other classes that carry it and are explained as that class',
        }),
        side: num({
          default: 0.4,
          min: 0,
          max: 1,
          help: 'side of the square at the top left, as a share of the shorter side',
        }),
        value: num({ default: 1, help: 'the value of its pixels' }),
      },
      { help: 'a square on images of one class: for shortcut-detection' },
    ),
  ),
  mixed: optional(
    object(
      {
        use: text({ help: 'another dataset of the bench that needs no path, with points of the same shape' }),
        label: text({ help: 'name of the class that its points are labelled with' }),
        share: num({
          default: 0.05,
          min: 0,
          max: 1,
          help: 'share of the training points that are replaced by its points',
        }),
        queryShare: num({ default: 0.2, min: 0, max: 1, help: 'share of the queries that are' }),
      },
      { help: 'points of another dataset, all with one label: for mixed-dataset' },
    ),
  ),
};
