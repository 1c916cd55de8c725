import { type Plant, plantError } from './plant.js';

/** Classes are trained and explained as superclasses of several (Hanawa et al. 2021, the identical subclass test). */
export const mergeClasses: Plant<'mergeClasses'> = (data, merged, ground) => {
  const wrong = (message: string) =>
    plantError(
      'CLASS_MERGE',
      ground,
      'mergeClasses',
      message,
      'for five classes of which the first two become one and the others another: [0, 0, 1, 1, 1]',
    );
  if (merged.length !== data.classes) throw wrong(`has ${merged.length} numbers for ${data.classes} classes`);
  const classes = Math.max(...merged) + 1;
  const missing = Array.from({ length: classes }, (_, label) => label).find((label) => !merged.includes(label));
  if (missing !== undefined) throw wrong(`makes class ${classes - 1} and no class ${missing}`);
  if (classes < 2) throw wrong('makes one class of all of them, a classifier needs at least two');
  if (classes === data.classes) throw wrong('merges no classes');
  return {
    ...data,
    labels: data.labels.map((label) => merged[label]),
    queryLabels: data.queryLabels.map((label) => merged[label]),
    classes,
    marks: { ...data.marks, subclasses: { train: data.labels, queries: data.queryLabels } },
  };
};
