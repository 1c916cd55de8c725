/** Longest name: with a key, an ending and the mark of a half-written file it stays below the 255 bytes of file systems. */
const maxBytes = 100;
/** Names of devices on Windows, with any ending. */
const devices = /^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$/i;

/**
 * What is wrong with a name that becomes part of a file name (of a grid, a task, a method); undefined when nothing is, on
 * any file system.
 */
export function fileNameProblem(name: string): string | undefined {
  if (!/^[a-z0-9][a-z0-9._-]*$/i.test(name))
    return 'expected letters, digits, dots, dashes and underscores, the first a letter or digit';
  if (name.length > maxBytes) return `expected at most ${maxBytes} characters, found ${name.length}`;
  if (name.endsWith('.')) return 'expected no dot at the end: some file systems drop it';
  if (devices.test(name)) return `"${name}" is the name of a device on Windows`;
  return undefined;
}
