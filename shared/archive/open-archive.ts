// shared/archive/open-archive.ts: the archive a location names: a directory, or s3://bucket/prefix.
import type { ArchiveStore } from './archive-store.ts';
import { openLocalArchive } from './local-archive.ts';
import { openS3Archive } from './s3-archive.ts';

/**
 * @param location a directory, or `s3://bucket/prefix`; then AWS_REGION and AWS_ENDPOINT_URL_S3 and the SDK's credentials count
 */
export async function openArchive(
  location: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<ArchiveStore> {
  const match = /^s3:\/\/([^/]+)\/?(.*)$/.exec(location);
  if (!match) return openLocalArchive(location);
  const [, bucket = '', path = ''] = match;
  return openS3Archive({
    bucket,
    prefix: path === '' || path.endsWith('/') ? path : `${path}/`,
    region: environment.AWS_REGION ?? 'us-east-1',
    endpoint: environment.AWS_ENDPOINT_URL_S3,
  });
}
