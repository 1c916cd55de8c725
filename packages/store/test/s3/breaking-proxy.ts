import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What goes wrong with a request. */
export type Fault =
  /** The server answers with this, and does nothing. */
  | 500
  | 503
  /** No answer comes until the client gives up. */
  | 'silence'
  /** The connection is lost in the middle of what is sent. */
  | 'cut request'
  /** It is lost once the server has done what was asked, before it can say so. */
  | 'cut answer'
  /** It is lost in the middle of what is answered. */
  | 'cut body';

/** A real server behind a line that breaks: everything goes through unchanged, but for what is told to break. */
export interface BreakingProxy {
  readonly endpoint: string;
  /** Requests that were broken. */
  readonly broken: number;
  /** From now on breaks every other request of the same method and object, the first of them included; `undefined` none. */
  breakHalf(fault: Fault | undefined): void;
  /** Leaves these headers out. */
  strip(...headers: readonly string[]): void;
  stop(): Promise<void>;
}

export async function openProxy(endpoint: string): Promise<BreakingProxy> {
  const { hostname, port } = new URL(endpoint);
  let fault: Fault | undefined;
  let seen = new Map<string, number>();
  let stripped: readonly string[] = [];
  let broken = 0;

  const server = createServer(async (incoming, answer) => {
    incoming.on('error', () => undefined);
    answer.on('error', () => undefined);
    const body = await bodyOf(incoming);
    const what = `${incoming.method} ${incoming.url}`;
    const count = seen.get(what) ?? 0;
    seen.set(what, count + 1);
    const breaks = count % 2 === 0 ? fault : undefined;
    if (breaks !== undefined) broken++;
    if (breaks === 'silence') return;
    if (breaks === 500 || breaks === 503) {
      answer.writeHead(breaks).end();
      return;
    }
    const half = breaks === 'cut request' && body.length > 1;
    const headers = { ...incoming.headers };
    for (const name of stripped) delete headers[name];
    const outgoing = request({ hostname, port, method: incoming.method, path: incoming.url, headers }, async (from) => {
      const content = await bodyOf(from);
      if (breaks === 'cut answer' || breaks === 'cut request') return void incoming.socket.destroy();
      pass(answer, from, content, breaks === 'cut body');
    });
    outgoing.on('error', () => incoming.socket.destroy());
    if (!half) return void outgoing.end(body);
    outgoing.write(body.subarray(0, body.length >> 1), () => {
      outgoing.destroy();
      incoming.socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get broken() {
      return broken;
    },
    breakHalf(next) {
      fault = next;
      seen = new Map();
    },
    strip(...headers) {
      stripped = headers;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Gives an answer back; `cut` after half of what it holds, or before it where that is nothing. */
function pass(answer: ServerResponse, from: IncomingMessage, content: Buffer, cut: boolean): void {
  answer.writeHead(from.statusCode ?? 500, from.headers);
  if (!cut) answer.end(content);
  else answer.write(content.subarray(0, content.length >> 1), () => answer.socket?.destroy());
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
