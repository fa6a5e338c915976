// test/support/s3-server.ts: a real S3-compatible server (moto) for tests, where Python has it; otherwise the reason why not.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';

/** A Python with `pip install 'moto[s3,server]'`. */
const python = process.env.FRAUD_TEST_S3_PYTHON ?? 'python3';
const START_TRIES = 150;

export const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

/** Undefined when the server can be started. */
export function whyNoS3Server(): string | undefined {
  const found = spawnSync(python, ['-c', 'import moto.server'], { stdio: 'ignore' });
  return found.status === 0
    ? undefined
    : "no moto server: pip install 'moto[s3,server]', or name its Python in FRAUD_TEST_S3_PYTHON";
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

export interface S3Server {
  readonly endpoint: string;
  createBucket(name: string): Promise<void>;
  stop(): void;
}

export async function startS3Server(): Promise<S3Server> {
  const port = await freePort();
  const child: ChildProcess = spawn(python, ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)], {
    stdio: 'ignore',
  });
  const endpoint = `http://127.0.0.1:${port}`;
  for (let left = START_TRIES; ; left--) {
    const answers = await fetch(endpoint).then(
      () => true,
      () => false,
    );
    if (answers) break;
    if (left === 0) throw new Error('moto server did not start');
    await wait(100);
  }
  return {
    endpoint,
    createBucket: async (Bucket) => {
      const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
      await client.send(new CreateBucketCommand({ Bucket }));
      client.destroy();
    },
    stop: () => child.kill('SIGTERM'),
  };
}
