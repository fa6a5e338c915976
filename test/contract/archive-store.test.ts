// test/contract/archive-store.test.ts: the contract of the archive store, on a directory and on an S3-compatible server.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, onTestFinished, test } from 'vitest';
import { openLocalArchive } from '../../shared/archive/local-archive.ts';
import { openS3Archive } from '../../shared/archive/s3-archive.ts';
import { credentials, type S3Server, startS3Server, whyNoS3Server } from '../support/s3-server.ts';
import { describeArchiveStore } from './archive-store.ts';

describeArchiveStore('a directory', async () => {
  const root = mkdtempSync(join(tmpdir(), 'fraud-test-archive-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  return openLocalArchive(root);
});

const why = whyNoS3Server();
if (why) {
  process.stderr.write(`The S3 archive is not tested here: ${why}.\n`);
  test.skip('an archive store: S3', () => {});
} else {
  let server: S3Server | undefined;
  beforeAll(async () => {
    server = await startS3Server();
  });
  afterAll(() => server?.stop());
  describeArchiveStore('S3', async () => {
    const bucket = `test-${randomBytes(5).toString('hex')}`;
    await server?.createBucket(bucket);
    return openS3Archive({
      bucket,
      prefix: 'fraud/',
      endpoint: server?.endpoint,
      region: 'us-east-1',
      credentials,
    });
  });
}
