import { afterAll, beforeAll, describe } from 'vitest';
import { openBackend } from '../../src/backend/open-backend.js';
import { describeBackend } from '../support/describe-backend.js';
import { describePacksOn } from '../support/describe-packs-on.js';
import { describeStoreOn } from '../support/describe-store-on.js';
import { bucket, installedServers, type S3Server, startS3, whyNoServer } from './server.js';

if (whyNoServer !== undefined) console.log(`stores in buckets are not tested here: ${whyNoServer}`);

for (const kind of installedServers)
  describe(kind, () => {
    let server: S3Server;
    let media = 0;
    const before = { ...process.env };
    beforeAll(async () => {
      server = await startS3(kind);
      Object.assign(process.env, server.env);
    });
    afterAll(async () => {
      process.env = before;
      await server.stop();
    });
    const medium = () => {
      const url = `s3://${bucket}/a prefix/${media++}`;
      return () => openBackend(url);
    };
    describeBackend(kind, medium);
    if (kind !== installedServers[0]) return;
    describeStoreOn(kind, medium);
    describePacksOn(kind, medium);
  });
