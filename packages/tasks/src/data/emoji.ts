import { fileURLToPath } from 'node:url';
import { choice, list } from '@attribution-bench/contract';
import { loadArrays } from './arrays.js';
import { defineDataset, pointChoices, pointParams } from './dataset.js';

const file = new URL('../../data/emoji.npz', import.meta.url);

/** In the order of their numbers in the file. */
export const emojiClasses = [
  'Smileys & Emotion',
  'People & Body',
  'Animals & Nature',
  'Food & Drink',
  'Travel & Places',
  'Activities',
  'Objects',
  'Symbols',
  'Flags',
];

/**
 * Twemoji by category, 32×32 in colour over white, pixels divided by 255: shipped with the package. The skin tones of an emoji
 * are a group; queries come from such groups, see `groupedPoints`.
 */
export const emoji = defineDataset({
  id: 'emoji',
  title: 'Twemoji, 32×32 colour',
  licence: 'CC BY 4.0',
  home: 'https://github.com/jdecked/twemoji',
  grouped: true,
  params: {
    ...pointParams({ train: 1000, queries: 100 }),
    choose: choice(pointChoices, {
      default: 'groups',
      help: 'which points: groups: emoji at random with all of their skin tones, of which some are queries and the others training points; stratified: pictures at random; first: the first ones in the order of Unicode',
    }),
    classes: list(choice(emojiClasses, { help: 'a category' }), {
      default: [],
      help: 'categories to keep; none named: all',
    }),
  },
  async load(_params, environment) {
    const how = { path: fileURLToPath(file), scale: 1 / 255, layout: 'channels-last', groups: true } as const;
    return { ...(await loadArrays(how, environment)), classNames: emojiClasses, pixels: true };
  },
});
