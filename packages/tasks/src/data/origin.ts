import { readFile, writeFile } from 'node:fs/promises';

const suffix = '.origin';

/** Keeps beside a file of the cache where it was brought from. */
export async function keepOrigin(file: string, from: string): Promise<void> {
  await writeFile(`${file}${suffix}`, `${from}\n`);
}

/** Where a file of the cache was brought from; undefined where somebody put it there. */
export async function originOf(file: string): Promise<string | undefined> {
  return readFile(`${file}${suffix}`, 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );
}
