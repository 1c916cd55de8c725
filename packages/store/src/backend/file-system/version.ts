/** Another one after every write, as far as the clock of the file system tells moments apart. */
export function versionOf({ ino, mtimeMs, size }: { ino: number; mtimeMs: number; size: number }): string {
  return `${ino} ${mtimeMs} ${size}`;
}
