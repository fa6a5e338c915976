// infra/local/kafka-jars.ts: Kafka's published jars, fetched once by Maven into the user's cache.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../shared/config/package-root.ts';
import { AppError } from '../../shared/errors.ts';

const run = promisify(execFile);

/** As in kafka-pom.xml; a test holds the two together. */
export const KAFKA_VERSION = '4.3.1';

const cacheDirectory = (): string =>
  join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'fraudstream');

/** Where the jars are, or would be. */
export const kafkaJarsDirectory = (): string => join(cacheDirectory(), `kafka-${KAFKA_VERSION}`);

/**
 * Folder with the jars; fetches them (43 MB) from Maven's repository when they are not there yet.
 * @throws AppError FRAUD_PREREQUISITE_MISSING when Maven is missing or fails
 */
export async function ensureKafkaJars(): Promise<string> {
  const jars = kafkaJarsDirectory();
  if (existsSync(jars)) return jars;
  await mkdir(cacheDirectory(), { recursive: true });
  const unfinished = mkdtempSync(join(cacheDirectory(), 'fetching-'));
  const pom = join(packageRoot, 'infra/local/kafka-pom.xml');
  const goals = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${unfinished}`];
  try {
    await run('mvn', ['-q', '-B', '-f', pom, ...goals], { maxBuffer: 16_777_216 });
    renameSync(unfinished, jars);
  } catch (cause) {
    rmSync(unfinished, { recursive: true, force: true });
    // Another process was faster: its jars are as good.
    if (existsSync(jars)) return jars;
    throw new AppError('FRAUD_PREREQUISITE_MISSING', {
      detail: 'Maven could not fetch Kafka’s jars: `mvn -v` must work and reach a repository.',
      cause,
    });
  }
  return jars;
}
