// Usage: make-emoji.mjs [--archive FILE] [--out FILE]
// Makes packages/tasks/data/emoji.npz from npm's emoji-datasource-twitter (62 MB, fetched by `npm pack`, or FILE): all of its
// pictures by category, 32 × 32 in colour, with the emoji that each is a skin tone of. The same archive gives the same bytes.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { zipSync } from 'fflate';
import sharp from 'sharp';
import { list } from 'tar';

const source = {
  package: 'emoji-datasource-twitter@16.0.0',
  integrity: 'sha512-7F+uCuHH+7Qnrc15P5tnbvKkg9E6tlzi4MnT2uW1RlN4pLYTza6cP/dstIfSDMtpjFLWuZewWg8jBbuL2eyELQ==',
};
/** In the order of Unicode's lists. The five swatches of skin tones, `Component`, are no emoji of their own. */
const categories = [
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
const background = 255;
const side = 32;

const { archive, out } = parseArgs({
  options: {
    archive: { type: 'string' },
    out: { type: 'string', default: join(import.meta.dirname, '../../packages/tasks/data/emoji.npz') },
  },
}).values;
const scratch = mkdtempSync(join(tmpdir(), 'emoji-'));
try {
  const file = archive ?? fetchPackage();
  const integrity = `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}`;
  if (integrity !== source.integrity) throw new Error(`${file} is not ${source.package}: it has ${integrity}`);
  const { pictures, labels, groups, repeated } = await readPictures(await membersOf(file));
  const bytes = npz({
    x_train: { type: '|u1', shape: [labels.length, side, side, 3], data: Buffer.concat(pictures) },
    y_train: { type: '|u1', shape: [labels.length], data: Uint8Array.from(labels) },
    group_train: { type: '<i4', shape: [groups.length], data: littleEndian(groups) },
  });
  writeFileSync(out, bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const kinds = new Set(groups).size;
  console.log(
    `${labels.length} pictures of ${kinds} emoji (${repeated} repeated ones left out), ${bytes.length} bytes`,
  );
  console.log(`sha256 ${sha256}`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function fetchPackage() {
  const args = [
    'pack',
    source.package,
    '--pack-destination',
    scratch,
    '--ignore-scripts',
    '--json',
    '--loglevel=error',
  ];
  const [{ filename }] = JSON.parse(execFileSync('npm', args, { encoding: 'utf8', maxBuffer: 2 ** 26 }));
  return join(scratch, filename);
}

/** The list of emoji and the pictures of 64 × 64 pixels, by their names in the archive. */
async function membersOf(file) {
  const members = new Map();
  await list({
    file,
    onReadEntry(entry) {
      if (entry.path !== 'package/emoji.json' && !entry.path.startsWith('package/img/twitter/64/')) return;
      const parts = [];
      entry.on('data', (part) => parts.push(part));
      entry.on('end', () => members.set(entry.path, Buffer.concat(parts)));
    },
  });
  return members;
}

/** Each emoji in the order of Unicode's lists, followed by its skin tones; a picture that was there before is left out. */
async function readPictures(members) {
  const emoji = JSON.parse(members.get('package/emoji.json'))
    .filter(({ category }) => categories.includes(category))
    .sort((a, b) => a.sort_order - b.sort_order);
  const seen = new Set();
  const found = { pictures: [], labels: [], groups: [], repeated: 0 };
  for (const [group, { category, image, skin_variations: tones = {} }] of emoji.entries())
    for (const name of [image, ...Object.values(tones).map((tone) => tone.image)]) {
      const picture = await readPicture(members.get(`package/img/twitter/64/${name}`), name);
      const digest = createHash('sha256').update(picture).digest('hex');
      if (seen.has(digest)) found.repeated++;
      else {
        seen.add(digest);
        found.pictures.push(picture);
        found.labels.push(categories.indexOf(category));
        found.groups.push(group);
      }
    }
  return found;
}

/** A picture over the background, each pixel the mean of four, [side × side × 3]. In whole numbers: no library resizes it. */
async function readPicture(png, name) {
  const { data, info } = await sharp(png).ensureAlpha().raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  if (info.width !== 2 * side || info.height !== 2 * side || info.channels !== 4)
    throw new Error(`${name} is ${info.width} × ${info.height} × ${info.channels}`);
  const row = 2 * side * 4;
  const picture = Buffer.alloc(side * side * 3);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const first = 2 * y * row + 2 * x * 4;
      const four = [first, first + 4, first + row, first + row + 4];
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (const at of four) sum += data[at + channel] * data[at + 3] + background * (255 - data[at + 3]);
        picture[(y * side + x) * 3 + channel] = Math.round(sum / (4 * 255));
      }
    }
  return picture;
}

function npz(arrays) {
  const files = Object.entries(arrays).map(([name, array]) => [`${name}.npy`, npy(array)]);
  // Compressed by a library in JavaScript, so that the bytes do not depend on the zlib of the machine.
  return zipSync(Object.fromEntries(files), { level: 6, mtime: '1980-01-01T00:00:00' });
}

/** NumPy's format, version 1.0. */
function npy({ type, shape, data }) {
  const start = 10;
  const dictionary = `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`;
  const length = Math.ceil((start + dictionary.length + 1) / 64) * 64 - start;
  const header = Buffer.from(`\x93NUMPY\x01\x00  ${dictionary.padEnd(length - 1)}\n`, 'latin1');
  header.writeUInt16LE(length, 8);
  return Buffer.concat([header, data]);
}

function littleEndian(numbers) {
  const bytes = Buffer.alloc(4 * numbers.length);
  for (const [at, number] of numbers.entries()) bytes.writeInt32LE(number, 4 * at);
  return bytes;
}
