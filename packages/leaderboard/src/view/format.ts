import type { Interval } from '../board.js';

/** `0.412`, `-0.020`, `3.93e+18`; a value that rounds to nothing has no sign. */
export function formatValue(value: number): string {
  if (Math.abs(value) >= 1e6) return value.toExponential(2);
  const text = value.toFixed(3);
  return Number(text) === 0 ? text.replace('-', '') : text;
}

/** `+0.012`, `-0.062`, `0.000`. */
export function formatSigned(value: number): string {
  const text = formatValue(value);
  return Number(text) > 0 ? `+${text}` : text;
}

/** `[0.380, 0.443]` */
export function formatInterval({ low, high }: Interval): string {
  return `[${formatValue(low)}, ${formatValue(high)}]`;
}

/** `3`, or `1-4` when it is not known better. */
export function formatRank({ low, high }: Interval): string {
  return low === high ? String(low) : `${low}-${high}`;
}

/** `gap [%]`: the name of a metric with its unit, where it has one. */
export function withUnit(name: string, unit: string | undefined): string {
  return unit === undefined ? name : `${name} [${unit}]`;
}

/** `58 %` */
export function formatShare(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** `[51 %, 64 %]` */
export function formatShares({ low, high }: Interval): string {
  return `[${formatShare(low)}, ${formatShare(high)}]`;
}

/** `95 %`, `99.9 %`: of a chance that was asked for. */
export function formatLevel(level: number): string {
  return `${Number((level * 100).toPrecision(3))} %`;
}

/** `0.41 s`, `12.3 s`, `4 min 05 s`, `2 h 07 min`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 99.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
}

function pad(number: number): string {
  return String(number).padStart(2, '0');
}

/** `210 MiB`, `1.4 GiB`. */
export function formatBytes(bytes: number): string {
  const mebibytes = bytes / 2 ** 20;
  if (mebibytes < 1023.5) return `${mebibytes < 9.95 ? mebibytes.toFixed(1) : Math.round(mebibytes)} MiB`;
  return `${(mebibytes / 1024).toFixed(1)} GiB`;
}

/** The first digits of a key, enough to tell truths apart by eye. */
export function shortKey(key: string): string {
  return key.slice(0, 12);
}
