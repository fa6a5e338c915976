// shared/config/settings.ts: environment → typed settings; every problem is told at once, with name, expectation and default.
import { z } from 'zod';
import { AppError } from '../errors.ts';

/** One setting: its environment name, schema (with default) and a sentence that says unit and meaning. */
export interface Setting<Schema extends z.ZodType> {
  readonly env: string;
  readonly schema: Schema;
  readonly meaning: string;
  /** Redacted when the whole configuration is logged. */
  readonly secret?: boolean;
}

type SettingTable = Readonly<Record<string, Setting<z.ZodType>>>;
export type SettingsOf<Table extends SettingTable> = {
  readonly [Name in keyof Table]: z.infer<Table[Name]['schema']>;
};

/** Declares one setting. */
export function setting<Schema extends z.ZodType>(
  env: string,
  schema: Schema,
  meaning: string,
  options: { secret?: boolean } = {},
): Setting<Schema> {
  return { env, schema, meaning, ...options };
}

/**
 * Reads all settings of `table` from `environment`; empty strings count as absent.
 * @throws AppError FRAUD_CONFIG_INVALID naming every setting that is wrong.
 */
export function readSettings<Table extends SettingTable>(
  table: Table,
  environment: Readonly<Record<string, string | undefined>>,
): SettingsOf<Table> {
  const problems: string[] = [];
  const entries = Object.entries(table).map(([name, { env, schema, meaning }]) => {
    const parsed = schema.safeParse(environment[env] || undefined);
    if (!parsed.success)
      problems.push(`${env}: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')} — ${meaning}`);
    return [name, parsed.data];
  });
  if (problems.length > 0)
    throw new AppError('FRAUD_CONFIG_INVALID', { detail: `\n  ${problems.join('\n  ')}` });
  return Object.fromEntries(entries) as SettingsOf<Table>;
}

/** Settings as they may be logged: secrets replaced. */
export function redactSettings<Table extends SettingTable>(
  table: Table,
  settings: SettingsOf<Table>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(table).map(([name, { secret }]) => [name, secret ? '[redacted]' : settings[name]]),
  );
}
