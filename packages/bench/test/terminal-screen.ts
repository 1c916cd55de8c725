/** What a terminal shows that wraps its lines anew when its width changes. */
export interface TerminalScreen {
  /** Takes text, and sequences that move the cursor up by a line or wipe the line that it is on. */
  write(text: string): void;
  resize(columns: number): void;
  /** Lines as they were written, however often they are wrapped. */
  readonly lines: readonly string[];
}

interface Row {
  text: string;
  /** Whether it goes on in the next row. */
  readonly wrapped: boolean;
}

const [up, wipe] = ['\u001b[1A', '\u001b[2K'];
const tokens = new RegExp(
  [up, wipe]
    .map((each) => each.replace('[', '\\['))
    .concat('[\\r\\n]', '[^\\p{Cc}]+')
    .join('|'),
  'gu',
);

export function terminalScreen(width: number): TerminalScreen {
  let columns = width;
  let rows: Row[] = [{ text: '', wrapped: false }];
  let at = 0;
  const wrap = (line: string): Row[] => {
    const parts = line.match(new RegExp(`.{1,${columns}}`, 'gu')) ?? [''];
    return parts.map((text, i) => ({ text, wrapped: i < parts.length - 1 }));
  };
  const lines = (): string[] => {
    const joined = [''];
    for (const { text, wrapped } of rows) {
      joined[joined.length - 1] += text;
      if (!wrapped) joined.push('');
    }
    return joined.slice(0, -1);
  };
  return {
    write(written) {
      for (const [token] of written.matchAll(tokens)) {
        if (token === up) at = Math.max(0, at - 1);
        else if (token === wipe) rows[at] = { text: '', wrapped: false };
        else if (token === '\n') rows[++at] ??= { text: '', wrapped: false };
        else if (token !== '\r') {
          const parts = wrap(rows[at].text + token);
          rows.splice(at, parts.length, ...parts);
          at += parts.length - 1;
        }
      }
    },
    resize(next) {
      rows.length = at + 1;
      const before = lines();
      columns = next;
      rows = before.flatMap(wrap);
      at = rows.length - 1;
    },
    get lines() {
      return lines().filter((line) => line !== '');
    },
  };
}
