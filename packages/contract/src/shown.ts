const longest = 60;

/** A value that somebody wrote, for messages: as JSON, numbers that JSON has not as YAML writes them, cut where it is long. */
export function shown(value: unknown): string {
  const text = textOf(value);
  return text.length > longest ? `${text.slice(0, longest - 3)}...` : text;
}

function textOf(value: unknown): string {
  if (typeof value === 'number' && !Number.isFinite(value))
    return Number.isNaN(value) ? '.nan' : `${value < 0 ? '-' : ''}.inf (a number too large to hold)`;
  if (Array.isArray(value) && value.some((item) => typeof item === 'number' && !Number.isFinite(item)))
    return `[${value.map(textOf).join(',')}]`;
  return JSON.stringify(value) ?? String(value);
}
