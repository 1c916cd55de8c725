/** The compiled main module of a worker thread or of a process with user code: both need JavaScript, whatever runs this. */
export function entryFile(name: 'worker' | 'user-process'): URL {
  const source = import.meta.url;
  return new URL(`${source.endsWith('.ts') ? '../../dist' : '..'}/entries/${name}.js`, source);
}
