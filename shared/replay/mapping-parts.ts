// shared/replay/mapping-parts.ts: what mappings of transactions and of outcomes have in common: names, columns, times, translated values, the file itself.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { packageRoot } from '../config/package-root.ts';
import { AppError } from '../errors.ts';

export const mappingName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'expected small letters, digits and dashes');
export const column = z.string().min(1);
/** `iso`, `epoch-seconds`, `epoch-milliseconds`, or a strptime pattern such as `%d.%m.%Y %H:%M:%S`. */
export const timeFormat = z
  .string()
  .regex(/^(iso|epoch-seconds|epoch-milliseconds|.*%.*)$/, 'expected iso, epoch-… or a % pattern');
/** IANA zone of times that carry none. */
export const zone = z.string().default('UTC');

/** Column → value → fields it stands for, e.g. a category that tells MCC and entry mode, a status that tells action and label. */
export const translatedValues = <const Fields extends readonly [string, ...string[]]>(fields: Fields) =>
  z
    .record(
      column,
      z.strictObject({
        map: z.record(z.string(), z.partialRecord(z.enum(fields), z.string())),
        /** A value that is not in the map. */
        otherwise: z.enum(['refuse', 'missing']).default('refuse'),
      }),
    )
    .default({});

/**
 * Text of a mapping file.
 * @param fileOrName a YAML file, or the name of one in infra/mappings
 * @throws AppError FRAUD_INPUT_INVALID
 */
export function readMappingFile(fileOrName: string): string {
  const shipped = join(packageRoot, 'infra', 'mappings', `${fileOrName}.yaml`);
  try {
    return readFileSync(existsSync(fileOrName) ? fileOrName : shipped, 'utf8');
  } catch (cause) {
    throw new AppError('FRAUD_INPUT_INVALID', {
      detail: `Expected a mapping file or the name of one in infra/mappings, got "${fileOrName}".`,
      cause,
    });
  }
}

/**
 * @param what names the mapping in the error
 * @throws AppError FRAUD_INPUT_INVALID listing every problem at once
 */
export function parseMappingText<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
  what: string,
): z.infer<Schema> {
  let content: unknown;
  try {
    content = parse(text);
  } catch (cause) {
    throw new AppError('FRAUD_INPUT_INVALID', { detail: `${what} is not valid YAML.`, cause });
  }
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'mapping'}: ${message}`,
  );
  throw new AppError('FRAUD_INPUT_INVALID', { detail: `${what}: ${problems.join('; ')}.` });
}
