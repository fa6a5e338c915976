// shared/archive/s3-archive.ts: ArchiveStore in a bucket of an S3-compatible store; what is read is kept in a local folder meanwhile.
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { AppError } from '../errors.ts';
import type { ArchiveObject, ArchiveStore } from './archive-store.ts';

export interface S3Options {
  readonly bucket: string;
  /** Put before every name, ends with `/` or is empty. */
  readonly prefix: string;
  /** Left out: AWS. */
  readonly endpoint?: string | undefined;
  readonly region: string;
  /** Left out: the SDK's own chain (environment, profile, role). */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
}

/** Most names one delete may carry. */
const DELETE_LIMIT = 1_000;

/** A PUT is atomic in S3: readers see the old object or the new one. */
export async function openS3Archive(options: S3Options): Promise<ArchiveStore> {
  const { bucket, prefix, endpoint, region, credentials } = options;
  const client = new S3Client({
    region,
    ...(endpoint && { endpoint, forcePathStyle: true }),
    ...(credentials && { credentials }),
  });
  const cache = await mkdtemp(join(tmpdir(), 'fraud-archive-'));
  const Bucket = bucket;
  return {
    put: async (name, file) => {
      const { size } = await stat(file);
      await guard(() =>
        client.send(
          new PutObjectCommand({
            Bucket,
            Key: prefix + name,
            Body: createReadStream(file),
            ContentLength: size,
          }),
        ),
      );
    },
    list: async (wanted) => {
      const found: ArchiveObject[] = [];
      let ContinuationToken: string | undefined;
      do {
        const page = await guard(() =>
          client.send(new ListObjectsV2Command({ Bucket, Prefix: prefix + wanted, ContinuationToken })),
        );
        for (const { Key = '', Size = 0, ETag = '' } of page.Contents ?? []) {
          found.push({ name: Key.slice(prefix.length), bytes: Size, version: ETag });
        }
        ContinuationToken = page.NextContinuationToken;
      } while (ContinuationToken);
      return found.sort((left, right) => (left.name < right.name ? -1 : 1));
    },
    fetch: async ({ name, version }) => {
      const key = createHash('sha256').update(`${name} ${version}`).digest('hex');
      const file = join(cache, `${key}${name.slice(name.lastIndexOf('.'))}`);
      if (await stat(file).catch(() => undefined)) return file;
      const { Body } = await guard(() =>
        client.send(new GetObjectCommand({ Bucket, Key: prefix + name })),
      ).catch((cause: unknown) => {
        const isGone = cause instanceof AppError && cause.cause instanceof NoSuchKey;
        throw isGone ? new AppError('FRAUD_ARCHIVE_MISSING', { detail: name, cause }) : cause;
      });
      await pipeline(Body as Readable, createWriteStream(`${file}.part`));
      await rename(`${file}.part`, file);
      return file;
    },
    remove: async (names) => {
      for (let start = 0; start < names.length; start += DELETE_LIMIT) {
        const Objects = names.slice(start, start + DELETE_LIMIT).map((name) => ({ Key: prefix + name }));
        await guard(() =>
          client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } })),
        );
      }
    },
    close: async () => {
      client.destroy();
      await rm(cache, { recursive: true, force: true });
    },
  };
}

async function guard<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (cause) {
    throw new AppError('FRAUD_ARCHIVE_UNAVAILABLE', { cause });
  }
}
