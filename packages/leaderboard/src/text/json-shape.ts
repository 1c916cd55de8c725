/** What parsed JSON is checked by that may come from anywhere; beside `isObject` of the contract. */
export function isListOf(value: unknown, isItem: (item: unknown) => boolean): value is unknown[] {
  return Array.isArray(value) && value.every(isItem);
}

export function isOptional(value: unknown, isValue: (value: unknown) => boolean): boolean {
  return value === undefined || isValue(value);
}

export function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** A finite one: JSON can hold numbers that are too large for that. */
export function isNumber(value: unknown): value is number {
  return Number.isFinite(value);
}

/** Whether each of the members named is a number. */
export function hasNumbers(value: Readonly<Record<string, unknown>>, names: readonly string[]): boolean {
  return names.every((name) => isNumber(value[name]));
}
