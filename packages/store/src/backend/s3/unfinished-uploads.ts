import type { Connection } from './s3-client.js';

/** An object that somebody has begun to store in parts. */
export interface UnfinishedUpload {
  readonly Bucket: string;
  readonly Key: string;
  readonly UploadId: string;
}

/**
 * What was begun to be stored in parts under a prefix, and neither ended nor given up.
 * @param ask sends a request
 * @param before only what was begun before, in ms since 1970 by the server's clock
 */
export async function* unfinishedUploads(
  ask: <T>(request: (connected: Connection) => Promise<T>) => Promise<T>,
  { Bucket, Prefix }: { readonly Bucket: string; readonly Prefix: string },
  before: number,
): AsyncGenerator<UnfinishedUpload> {
  let markers: { readonly KeyMarker?: string; readonly UploadIdMarker?: string } = {};
  for (;;) {
    const from = markers;
    const page = await ask(({ sdk, client }) =>
      client.send(new sdk.ListMultipartUploadsCommand({ Bucket, Prefix, ...from })),
    );
    for (const { Key, UploadId, Initiated } of page.Uploads ?? [])
      if (Key !== undefined && UploadId !== undefined && (Initiated?.getTime() ?? before) < before)
        yield { Bucket, Key, UploadId };
    const { IsTruncated, NextKeyMarker, NextUploadIdMarker } = page;
    if (IsTruncated !== true || NextKeyMarker === undefined) return;
    markers = { KeyMarker: NextKeyMarker, ...(NextUploadIdMarker && { UploadIdMarker: NextUploadIdMarker }) };
  }
}

/** Bytes that the server keeps of an upload. */
export async function bytesOfUpload({ sdk, client }: Connection, upload: UnfinishedUpload): Promise<number> {
  let bytes = 0;
  let after: string | undefined;
  for (;;) {
    const page = await client.send(
      new sdk.ListPartsCommand({ ...upload, ...(after !== undefined && { PartNumberMarker: after }) }),
    );
    for (const { Size = 0 } of page.Parts ?? []) bytes += Size;
    // Servers name a next part where there is none.
    if (page.IsTruncated !== true || page.NextPartNumberMarker === undefined) return bytes;
    after = page.NextPartNumberMarker;
  }
}
