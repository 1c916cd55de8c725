import { resolve } from 'node:path';
import { isObject } from './is-object.js';
import type { ParamSpec, ParamSpecs } from './params.js';

/** Values of parameters by name. */
export type Values<T = unknown> = Readonly<Record<string, T>>;

/** Whether the value of a parameter that names a file is an address on the network. */
export function isAddress(value: string): boolean {
  return /^https?:\/\//.test(value);
}

/** A file that a parameter names. */
export interface NamedFile {
  /** Names that lead to the parameter, joined with dots: `extractor.file`. */
  readonly path: string;
  /** Its path or address, as given. */
  readonly file: string;
  /** Whether a parameter beside it says the SHA-256 of what is in it. */
  readonly hasChecksum: boolean;
}

/** The files that parameters name, those within objects and lists included. */
export function filesOf(specs: ParamSpecs, values: Values, within = ''): NamedFile[] {
  return Object.entries(specs).flatMap(([name, spec]) => {
    const value = values[name];
    const path = `${within}${name}`;
    if (spec.fields !== undefined) return isObject(value) ? filesOf(spec.fields, value, `${path}.`) : [];
    const checksum = spec.checksum === undefined ? '' : values[spec.checksum];
    const hasChecksum = typeof checksum === 'string' && checksum !== '';
    const named = (at: string, file: unknown) =>
      typeof file === 'string' && file !== '' ? [{ path: at, file, hasChecksum }] : [];
    if (spec.file === true) return named(path, value);
    return spec.items?.file === true && Array.isArray(value)
      ? value.flatMap((item, index) => named(`${path}.${index}`, item))
      : [];
  });
}

/** The same values with the paths of files made absolute. */
export function locateFiles<T extends Values>(specs: ParamSpecs, values: T, folder: string): T {
  const located = Object.entries(values).map(([name, value]) => [name, locateIn(specs[name], value, folder)]);
  return Object.fromEntries(located) as T;
}

function locateIn(spec: ParamSpec | undefined, value: unknown, folder: string): unknown {
  if (spec?.fields !== undefined && isObject(value)) return locateFiles(spec.fields, value, folder);
  if (spec?.items?.file === true && Array.isArray(value))
    return value.map((item) => locateIn(spec.items, item, folder));
  const path = spec?.file === true && typeof value === 'string' && value !== '' && !isAddress(value);
  return path ? resolve(folder, value) : value;
}

/** The parameters that name files: the names that lead to each of them, joined with dots. */
export function fileParams(specs: ParamSpecs, within = ''): string[] {
  return Object.entries(specs).flatMap(([name, { fields, file, items }]) => {
    if (fields !== undefined) return fileParams(fields, `${within}${name}.`);
    return file === true || items?.file === true ? [`${within}${name}`] : [];
  });
}

/**
 * The values that do not say where files are: what of them belongs into keys.
 * @param files the parameters that name files, as {@link fileParams} gives them
 */
export function withoutFiles<T>(files: readonly string[], values: Values<T>, within = ''): Record<string, T> {
  const kept = Object.entries(values).filter(([name]) => !files.includes(`${within}${name}`));
  return Object.fromEntries(
    kept.map(([name, value]) => {
      const inner = `${within}${name}.`;
      return isObject(value) && files.some((path) => path.startsWith(inner))
        ? [name, withoutFiles(files, value, inner) as T]
        : [name, value];
    }),
  );
}
