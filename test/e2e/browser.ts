import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

/** Command of an installed Chromium; undefined where there is none. */
export const chromium = [process.env.CHROMIUM, 'chromium', 'chromium-browser', 'google-chrome'].find(
  (command) => command !== undefined && spawnSync(command, ['--version']).status === 0,
);

export interface Page {
  /** Opens an address and waits until it is loaded. */
  open(url: string): Promise<void>;
  /** The value of an expression in the page, as JSON; promises are awaited. */
  evaluate<T>(expression: string): Promise<T>;
  /** Presses a key that is one of the names of `KeyboardEvent.key`. */
  press(key: 'Enter' | 'Tab' | 'ArrowRight'): Promise<void>;
  /** Errors, warnings and uncaught exceptions so far. */
  readonly complaints: string[];
  /** Requests for anything but the page itself and inlined data. */
  readonly requests: string[];
  readonly downloads: string;
  close(): Promise<void>;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** A page of a headless Chromium, over the DevTools protocol. */
export async function openBrowser(command: string, { width = 1280, height = 900 } = {}): Promise<Page> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-browser-'));
  const downloads = join(folder, 'downloads');
  mkdirSync(downloads);
  const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--remote-debugging-pipe', '--no-first-run'];
  const browser = spawn(command, [...flags, `--user-data-dir=${join(folder, 'profile')}`], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  });
  const complaints: string[] = [];
  const requests: string[] = [];
  let loaded = () => {};
  const send = connect(browser, ({ method, params = {} }) => {
    if (method === 'Page.loadEventFired') loaded();
    if (method === 'Runtime.exceptionThrown' || method === 'Log.entryAdded') complaints.push(JSON.stringify(params));
    if (method === 'Runtime.consoleAPICalled' && params.type !== 'log') complaints.push(JSON.stringify(params));
    if (method === 'Network.requestWillBeSent') requests.push(String((params.request as { url: string }).url));
  });
  const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
  const inPage = (method: string, params: Record<string, unknown> = {}) => send(method, params, String(sessionId));
  for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await inPage(`${domain}.enable`);
  await inPage('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: width < 600 });
  await send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: downloads });
  return {
    complaints,
    requests,
    downloads,
    async open(url) {
      const done = new Promise<void>((resolve) => {
        loaded = resolve;
      });
      await inPage('Page.navigate', { url });
      await done;
    },
    async evaluate<T>(expression: string) {
      const options = { expression, returnByValue: true, awaitPromise: true, userGesture: true };
      const { result, exceptionDetails } = await inPage('Runtime.evaluate', options);
      if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
      return (result as { value: T }).value;
    },
    async press(key) {
      const { code, text } = {
        Enter: { code: 13, text: '\r' },
        Tab: { code: 9, text: '' },
        ArrowRight: { code: 39, text: '' },
      }[key];
      const event = { key, code: key, windowsVirtualKeyCode: code };
      await inPage('Input.dispatchKeyEvent', { type: 'keyDown', ...event, ...(text === '' ? {} : { text }) });
      await inPage('Input.dispatchKeyEvent', { type: 'keyUp', ...event });
    },
    async close() {
      const ended = new Promise((resolve) => browser.once('close', resolve));
      send('Browser.close', {}).catch(() => undefined);
      await ended;
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

type Send = (method: string, params: Record<string, unknown>, session?: string) => Promise<Record<string, unknown>>;

/** Messages end in a zero byte, to the browser on descriptor 3, from it on 4. */
function connect(browser: ChildProcess, onEvent: (message: Message) => void): Send {
  const to = browser.stdio[3] as Writable;
  const from = browser.stdio[4] as Readable;
  const waiting = new Map<number, { resolve(result: Record<string, unknown>): void; reject(error: Error): void }>();
  let last = 0;
  let rest = '';
  browser.once('close', () => {
    for (const { reject } of waiting.values()) reject(new Error('the browser ended'));
  });
  from.setEncoding('utf8').on('data', (chunk: string) => {
    const messages = (rest + chunk).split('\0');
    rest = messages.pop() ?? '';
    for (const text of messages) {
      const message = JSON.parse(text) as Message;
      if (message.id === undefined) onEvent(message);
      else if (message.error) waiting.get(message.id)?.reject(new Error(message.error.message));
      else waiting.get(message.id)?.resolve(message.result ?? {});
    }
  });
  return (method, params, sessionId) =>
    new Promise((resolve, reject) => {
      last++;
      waiting.set(last, { resolve, reject });
      to.write(`${JSON.stringify({ id: last, method, params, ...(sessionId === undefined ? {} : { sessionId }) })}\0`);
    });
}
