import { isAbsolute } from 'node:path';

/** Whether `use` is the path of a module: it starts with `.` or is absolute. */
export function isModulePath(use: string): boolean {
  return use.startsWith('.') || isAbsolute(use);
}
