/**
 * A branch point: of `entries` a task uses some, which its description or its grid file names by their keys. What a module
 * says of the others, and what only they import, is then left out of the hash that the task's results are keyed by. That holds
 * for what is written inside such a call, as an object literal with plain keys, and for nothing else: code that is not
 * declared as a choice belongs to every task.
 * @param _of what is chosen, such as `dataset`
 * @returns the entries as they are
 */
export function choices<const T extends Readonly<Record<string, unknown>>>(_of: string, entries: T): T {
  return entries;
}
