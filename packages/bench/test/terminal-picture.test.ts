import { expect, test } from 'vitest';
import { terminalPictures } from '../src/show/terminal-picture.js';

const csi = '\x1b[';

test('two rows of pixels are a line, an odd last row has no background', () => {
  const grey = Uint8Array.from([0, 1, 2, 3, 4, 5]);
  expect(terminalPictures([grey], [3, 2, 1], 80)).toBe(
    [
      `${csi}38;2;0;0;0m${csi}48;2;2;2;2m▀${csi}38;2;1;1;1m${csi}48;2;3;3;3m▀${csi}0m`,
      `${csi}38;2;4;4;4m${csi}49m▀${csi}38;2;5;5;5m${csi}49m▀${csi}0m`,
    ].join('\n'),
  );
});

test('colours are kept, and images that do not fit are left out', () => {
  const red = Uint8Array.from([255, 0, 0, 255, 0, 0]);
  const one = `${csi}38;2;255;0;0m${csi}48;2;255;0;0m▀${csi}0m`;
  expect(terminalPictures([red, red, red], [2, 1, 3], 3)).toBe(`${one} ${one}`);
});
