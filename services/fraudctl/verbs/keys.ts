// services/fraudctl/verbs/keys.ts: `fraudctl keys create|list|rotate|revoke|audit`: who may call the scoring API, and what was done about it.
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { openAccessTables } from '../../../shared/access/access-tables.ts';
import { type AuditEntry, type AuditLog, createAuditLog } from '../../../shared/access/audit-log.ts';
import {
  createKeyStore,
  type KeyRecord,
  type KeyStore,
  keyGrantSchema,
} from '../../../shared/access/key-store.ts';
import { defaultLimits, failModes, scopes } from '../../../shared/access/principal.ts';
import { systemClock } from '../../../shared/clock.ts';
import { AppError } from '../../../shared/errors.ts';
import { toPositive } from '../option-values.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

interface KeyOptions {
  readonly directory: string;
  readonly by: string;
  readonly json?: boolean;
}

interface CreateOptions extends KeyOptions {
  readonly scope: readonly string[];
  readonly portfolio: readonly string[];
  readonly rate: number;
  readonly concurrency: number;
  readonly failMode: string;
  readonly days?: number;
}

interface AccessStores {
  readonly keys: KeyStore;
  readonly audit: AuditLog;
}

const toList = (text: string): string[] => text.split(',').map((one) => one.trim());

/** Adds the verb and its sub-commands. */
export function register(program: Command): void {
  const keys = program.command('keys').description('API keys: who may call the scoring API, and how much');
  const withDirectory = (name: string, description: string): Command =>
    keys
      .command(name)
      .description(description)
      .addOption(
        new Option('--directory <directory>', 'directory of the API')
          .env('FRAUD_API_DIRECTORY')
          .default(join(process.env.FRAUD_HOME || '.fraud', 'api')),
      )
      .option('--by <name>', 'who does it, for the audit log', process.env.USER ?? 'operator')
      .option('--json', 'one JSON document on stdout');

  withDirectory('create <name>', 'make a key; its text is printed once and kept nowhere')
    .requiredOption('--scope <list>', `of ${scopes.join(', ')}; separated by commas`, toList)
    .requiredOption('--portfolio <list>', 'portfolio ids, separated by commas; * for all', toList)
    .option('--rate <number>', 'requests per second', toPositive, defaultLimits.ratePerSecond)
    .option('--concurrency <number>', 'requests open at once', toPositive, defaultLimits.concurrency)
    .addOption(
      new Option('--fail-mode <mode>', 'closed: what only the rules tier judged is not approved')
        .choices(failModes)
        .default(defaultLimits.failMode),
    )
    .option('--days <number>', 'days until it expires; default never', toPositive)
    .action((name: string, options: CreateOptions) =>
      withStores(options, (stores) => create(stores, name, options)),
    );
  withDirectory('list', 'all keys, without their secrets').action((options: KeyOptions) =>
    withStores(options, (stores) => list(stores, options)),
  );
  withDirectory('rotate <key-id>', 'another secret for a key; the one before stays valid for a while')
    .option('--overlap-hours <number>', 'how long the secret before stays valid', toPositive, 24)
    .action((keyId: string, options: KeyOptions & { readonly overlapHours: number }) =>
      withStores(options, (stores) => rotate(stores, keyId, options)),
    );
  withDirectory('revoke <key-id>', 'refuse a key from its next request on').action(
    (keyId: string, options: KeyOptions) => withStores(options, (stores) => revoke(stores, keyId, options)),
  );
  withDirectory('audit', 'what was done, by whom; verifies the chain of hashes first').action(
    (options: KeyOptions) => withStores(options, (stores) => showAudit(stores, options)),
  );
}

async function withStores(options: KeyOptions, act: (stores: AccessStores) => void): Promise<void> {
  const tables = openAccessTables(join(options.directory, 'access'));
  try {
    act({ keys: createKeyStore(tables, systemClock), audit: createAuditLog(tables, systemClock) });
  } finally {
    await tables.close();
  }
}

function create({ keys, audit }: AccessStores, name: string, options: CreateOptions): void {
  const grant = keyGrantSchema.safeParse({
    name,
    scopes: options.scope,
    portfolios: options.portfolio,
    ratePerSecond: options.rate,
    concurrency: options.concurrency,
    failMode: options.failMode,
    expiresAtMs: options.days && systemClock.now() + options.days * DAY_MS,
  });
  if (!grant.success) {
    const detail = grant.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
    throw new AppError('FRAUD_INPUT_INVALID', { detail });
  }
  const { text, record } = keys.create(grant.data);
  audit.append({ act: 'key-create', actor: options.by, subject: record.keyId });
  printKey(text, record, options);
}

function rotate(
  { keys, audit }: AccessStores,
  keyId: string,
  options: KeyOptions & { readonly overlapHours: number },
): void {
  const { text, record } = keys.rotate(keyId, options.overlapHours * HOUR_MS);
  audit.append({ act: 'key-rotate', actor: options.by, subject: keyId });
  printKey(text, record, options);
}

function revoke({ keys, audit }: AccessStores, keyId: string, options: KeyOptions): void {
  const record = keys.revoke(keyId);
  audit.append({ act: 'key-revoke', actor: options.by, subject: keyId });
  print(options.json ? JSON.stringify(toPublic(record)) : `${keyId} is refused from now on`);
}

function list({ keys }: AccessStores, options: KeyOptions): void {
  const records = keys.list().map(toPublic);
  const lines = records.map(
    ({ keyId, name, state, scopes: granted, portfolios }) =>
      `${keyId}  ${state.padEnd(8)}  ${granted.join(',')}  ${portfolios.join(',')}  ${name}`,
  );
  print(options.json ? JSON.stringify(records) : lines.join('\n') || 'No key was made yet.');
}

function showAudit({ audit }: AccessStores, options: KeyOptions): void {
  const { head } = audit.verify();
  const entries = audit.list();
  const toLine = ({ sequence, at, act, actor, subject }: AuditEntry) =>
    `${sequence}  ${at}  ${act}  ${subject}  by ${actor}`;
  const lines = [...entries.map(toLine), `${entries.length} entries, chain whole, head ${head}`];
  print(options.json ? JSON.stringify({ head, entries }) : lines.join('\n'));
}

function toPublic({ secrets, ...record }: KeyRecord) {
  const nowMs = systemClock.now();
  const isOver = (record.expiresAtMs ?? Number.POSITIVE_INFINITY) <= nowMs;
  const state = record.revokedAtMs !== undefined ? 'revoked' : isOver ? 'expired' : 'in force';
  const earlierValidUntilMs = secrets[1]?.validUntilMs;
  return { ...record, state, ...(earlierValidUntilMs === undefined ? {} : { earlierValidUntilMs }) };
}

function printKey(text: string, record: KeyRecord, options: KeyOptions): void {
  print(options.json ? JSON.stringify({ key: text, ...toPublic(record) }) : text);
  if (!options.json) process.stderr.write('Keep it now: only its hash is stored.\n');
}

function print(line: string): void {
  process.stdout.write(`${line.trimEnd()}\n`);
}
