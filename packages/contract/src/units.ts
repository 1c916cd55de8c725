const milliseconds: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const bytes: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** Milliseconds of `90s`, `20m`, `1.5h`, `1h30m`; undefined when it is none of these, or no time at all. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g))
    total += Number(amount) * milliseconds[unit];
  return total > 0 && Number.isFinite(total) ? total : undefined;
}

/** Bytes of `512MiB`, `3GB`; undefined when it is no such thing, or nothing at all. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)$/.exec(text);
  const size = match === null ? 0 : Math.round(Number(match[1]) * bytes[match[2]]);
  return size > 0 && Number.isFinite(size) ? size : undefined;
}
