/** [height, width, channels] */
type ImageShape = readonly [number, number, 1 | 3];

const reset = '\x1b[0m';

/**
 * Images side by side as text: each character is two pixels, one above the other, as foreground and background of an upper
 * half block.
 * @param images [height × width × channels] with 8 bits each
 * @param width characters of a line; images that do not fit are left out
 */
export function terminalPictures(images: readonly Uint8Array[], shape: ImageShape, width: number): string {
  const [height, columns] = shape;
  const shown = images.slice(0, Math.max(1, Math.floor((width + 1) / (columns + 1))));
  const lines = Array.from({ length: Math.ceil(height / 2) }, (_, line) =>
    shown
      .map((image) => Array.from({ length: columns }, (_, x) => twoPixels(image, shape, 2 * line, x)).join('') + reset)
      .join(' '),
  );
  return lines.join('\n');
}

function twoPixels(image: Uint8Array, shape: ImageShape, y: number, x: number): string {
  const above = `\x1b[38;2;${colour(image, shape, y, x)}m`;
  const below = y + 1 < shape[0] ? `\x1b[48;2;${colour(image, shape, y + 1, x)}m` : '\x1b[49m';
  return `${above}${below}▀`;
}

function colour(image: Uint8Array, [, columns, channels]: ImageShape, y: number, x: number): string {
  const at = (y * columns + x) * channels;
  return channels === 1 ? `${image[at]};${image[at]};${image[at]}` : `${image[at]};${image[at + 1]};${image[at + 2]}`;
}
