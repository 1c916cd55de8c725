import { displayWidth } from '@attribution-bench/leaderboard/display-text';
import type { ViewLine } from './live-view.js';

const csi = '\u001b[';
const styles = { bold: ['1', '22'], dim: ['2', '22'], alert: ['31', '39'] } as const;

/** The last lines of a terminal, drawn over again and again; lasting lines scroll by above them. */
export interface LiveRegion {
  draw(lines: readonly ViewLine[]): void;
  /** Writes lines that stay, above those that are drawn over. */
  write(line: string): void;
  clear(): void;
}

/**
 * Lines are to be narrower than the terminal. Where that has become narrower since, it has wrapped them: what is wiped is counted
 * by the width that it has now, line by line, since some terminals keep a screen that is cleared from its top in their history.
 * The cursor stays visible, so that nothing is to be put right after a process was killed.
 */
export function liveRegion(terminal: NodeJS.WriteStream): LiveRegion {
  let drawn: readonly ViewLine[] = [];
  const wipe = (): string => {
    const columns = Math.max(1, terminal.columns || 80);
    const rows = drawn.reduce((sum, { text }) => sum + Math.max(1, Math.ceil(displayWidth(text) / columns)), 0);
    return `\r${`${csi}1A${csi}2K`.repeat(rows)}`;
  };
  const painted = ({ text, style }: ViewLine): string => {
    if (style === undefined || !terminal.hasColors()) return `${text}\n`;
    const [on, off] = styles[style];
    return `${csi}${on}m${text}${csi}${off}m\n`;
  };
  return {
    draw(lines) {
      terminal.write(wipe() + lines.map(painted).join(''));
      drawn = lines;
    },
    write(line) {
      terminal.write(`${wipe()}${line}\n${drawn.map(painted).join('')}`);
    },
    clear() {
      terminal.write(wipe());
      drawn = [];
    },
  };
}
