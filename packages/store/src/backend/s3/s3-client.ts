import type { S3Client } from '@aws-sdk/client-s3';
import { requirePlainEndpoint } from './s3-url.js';

type Sdk = typeof import('@aws-sdk/client-s3');

/** The SDK with a client of it; its region, endpoint and credentials are those that its own variables, files and roles give. */
export interface Connection {
  readonly sdk: Sdk;
  readonly client: S3Client;
  /** Address that was given in place of Amazon's, for messages. */
  readonly endpoint: string | undefined;
  /** What the `Date` of the newest response said, in ms since 1970; undefined before the first one. */
  readonly serverTime: number | undefined;
  /** What the newest response said that it came from. */
  readonly server: string | undefined;
}

/** Region of servers that have none: it is part of what is signed, and most of them take this one. */
const regionOfOthers = 'us-east-1';
const connectMs = 10_000;

/**
 * Loads the SDK, which takes 0.2 s, and makes a client. Nothing is sent yet.
 * @param idleMs after how long without a byte either way a request is given up
 * @throws BenchError STORE_URL
 */
export async function connect(idleMs: number): Promise<Connection> {
  // It warns of what later versions of it will need; this one is pinned.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const sdk = await import('@aws-sdk/client-s3');
  const endpoint = process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL;
  if (endpoint !== undefined) requirePlainEndpoint(endpoint);
  const hasRegion = process.env.AWS_REGION !== undefined || process.env.AWS_PROFILE !== undefined;
  const client = new sdk.S3Client({
    // Buckets as folders of the address: servers other than Amazon's seldom have a host name for each.
    forcePathStyle: endpoint !== undefined,
    ...(endpoint !== undefined && !hasRegion && { region: regionOfOthers }),
    // What is tried again, and for how long, is decided here, where it is known what a request that got no answer may have done.
    maxAttempts: 1,
    // What is stored has checksums of its own, which are checked where it is read.
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: connectMs, socketTimeout: idleMs },
  });
  let serverTime: number | undefined;
  let server: string | undefined;
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { headers } = result.response as { readonly headers: Readonly<Record<string, string>> };
      const date = Date.parse(headers.date ?? '');
      if (!Number.isNaN(date)) serverTime = date;
      server = headers.server ?? server;
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'readServerHeaders' },
  );
  return {
    sdk,
    client,
    endpoint,
    get serverTime() {
      return serverTime;
    },
    get server() {
      return server;
    },
  };
}
