// test/shared/prepare/prepared.test.ts: prepared data gives the stream that the file itself gives, and its report finds what is planted.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createReferenceBuilder } from '../../../shared/features/build-reference.ts';
import { createReplay } from '../../../shared/features/replay-into-memory.ts';
import { measureData } from '../../../shared/prepare/measure-data.ts';
import { preparedReport } from '../../../shared/prepare/prepared-report.ts';
import { measurePreparedSpan, readPrepared } from '../../../shared/prepare/read-prepared.ts';
import { type Prepared, writePrepared } from '../../../shared/prepare/write-prepared.ts';
import { loadMapping } from '../../../shared/replay/mapping.ts';
import { readMapped } from '../../../shared/replay/read-mapped.ts';
import { toHtml } from '../../../shared/report/html-report.ts';
import { createRandom } from '../../../shared/simulation/random.ts';

const mapping = loadMapping('handbook');
const folder = mkdtempSync(join(tmpdir(), 'prepared-'));
const file = join(folder, 'rows.csv');
const directory = join(folder, 'out');
const header =
  'transaction_id,tx_datetime,customer_id,terminal_id,tx_amount,tx_fraud,tx_fraud_scenario,noted';
let prepared: Prepared;

/** 40 days; the last row is written first (late rows), one id comes twice, `noted` is filled in for frauds alone. */
function makeLines(): string[] {
  const random = createRandom(9);
  const lines = Array.from({ length: 1_200 }, (_, row) => {
    const fraud = random.chance(0.05) ? 1 : 0;
    const time = new Date(Date.UTC(2018, 3, 1) + row * 2_880_000).toISOString().slice(0, 19);
    const noted = fraud === 1 ? `case ${random.integer(3)}` : '';
    return `${row},${time},${random.integer(30)},${random.integer(9)},${(1 + 90 * random.uniform()).toFixed(2)},${fraud},${fraud},${noted}`;
  });
  const last = lines.pop() ?? '';
  return [header, last, ...lines, lines[5] ?? '', '9999,no time,1,1,1.00,0,0,'];
}

beforeAll(async () => {
  writeFileSync(file, `${makeLines().join('\n')}\n`);
  prepared = await writePrepared({ files: [file], mapping, directory });
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Digests of all contexts of a stream, in order. */
async function digestsOf(lines: AsyncIterable<Parameters<typeof feed>[1]>): Promise<string[]> {
  const reference = createReferenceBuilder('handbook').build();
  const replay = createReplay({ referenceOf: () => reference });
  const digests: string[] = [];
  for await (const line of lines) {
    const digest = feed(replay, line);
    if (digest !== undefined) digests.push(digest);
  }
  return digests;
}

function feed(
  replay: ReturnType<typeof createReplay>,
  line:
    | { kind: 'transaction'; transaction: Parameters<typeof replay.push>[0] }
    | { kind: 'outcome'; outcome: Parameters<typeof replay.mark>[0] },
): string | undefined {
  if (line.kind === 'transaction') return String(replay.push(line.transaction).context.digest);
  replay.mark(line.outcome);
  return undefined;
}

async function* flatten<Line>(chunks: AsyncIterable<Line[]>): AsyncGenerator<Line> {
  for await (const chunk of chunks) yield* chunk;
}

test('contexts from prepared data equal those from the file, labels at their place included', async () => {
  const data = await readPrepared(directory);
  const [fromFile, fromPrepared] = [
    await digestsOf(readMapped({ file, mapping })),
    await digestsOf(flatten(data.lines())),
  ];
  expect(fromPrepared).toHaveLength(prepared.manifest.transactions);
  expect(fromPrepared).toEqual(fromFile);
  const withoutLabels = await digestsOf(readMapped({ file, mapping, withOutcomes: false }));
  expect(fromPrepared).not.toEqual(withoutLabels);
});

test('what was prepared from the same file is kept; from a changed one it is made again', async () => {
  const at = statSync(join(directory, 'transactions.parquet')).mtimeMs;
  expect((await writePrepared({ files: [file], mapping, directory })).isReused).toBe(true);
  expect(statSync(join(directory, 'transactions.parquet')).mtimeMs).toBe(at);
  const other = join(folder, 'other');
  await writePrepared({ files: [file], mapping, directory: other });
  const inputs = join(other, 'inputs');
  mkdirSync(inputs);
  await writePrepared({ files: [file], mapping, directory: other });
  expect(existsSync(inputs)).toBe(true);
  const renamed = { ...mapping, name: 'renamed' };
  expect((await writePrepared({ files: [file], mapping: renamed, directory: other })).isReused).toBe(false);
  expect(existsSync(inputs)).toBe(false);
});

test('the report finds late rows, repeated ids, the label delay and the column that knows the label', async () => {
  const facts = await measureData(directory, [file], mapping);
  expect(facts.lateRows).toBe(1_200);
  expect(facts.repeatedIds).toBe(2);
  expect(facts.labelDelay).toEqual([{ days: 7, share: 1 }]);
  const suspects = facts.columns.filter(({ isSuspect }) => isSuspect).map(({ column }) => column);
  expect(suspects.sort()).toEqual(['noted', 'tx_fraud_scenario']);
  const mapped = facts.columns.filter(({ isMapped }) => isMapped).map(({ column }) => column);
  expect(mapped.sort()).toEqual(['customer_id', 'terminal_id', 'transaction_id', 'tx_amount', 'tx_datetime']);
  expect(facts.segments.amount?.map(({ name }) => name)).toEqual(['below 10', '10 … 50', '50 … 200']);
  expect(facts.weeks.reduce((sum, { frauds }) => sum + frauds, 0)).toBe(prepared.manifest.frauds);
  const html = toHtml(await preparedReport(prepared.manifest, facts, prepared.fields ?? []));
  expect(html).toContain('Suspect: ');
  expect(html).toContain('1 × FRAUD_FIELD_INVALID (eventTime)');
  expect(html).not.toMatch(/NaN|undefined/);
});

test('the span of prepared data is that of its lines, within bounds too', async () => {
  const data = await readPrepared(directory);
  const times: number[] = [];
  for await (const line of flatten(data.lines()))
    if (line.kind === 'transaction') times.push(line.eventTimeMs);
  const spanOf = (kept: readonly number[]) => ({
    firstMs: Math.min(...kept),
    lastMs: Math.max(...kept),
    transactions: kept.length,
    portfolioId: 'handbook',
  });
  expect(await measurePreparedSpan(directory, {})).toEqual(spanOf(times));
  const [from, until] = [new Date('2018-04-08T06:30:00Z'), new Date('2018-04-21T00:00:00Z')];
  const within = times.filter((time) => time >= from.getTime() && time < until.getTime());
  expect(await measurePreparedSpan(directory, { from, until })).toEqual(spanOf(within));
  await expect(measurePreparedSpan(directory, { until: new Date(0) })).rejects.toThrow(/no transaction/);
});

test('a file that was changed behind the manifest is refused, and so is a folder without one', async () => {
  const other = join(folder, 'damaged');
  await writePrepared({ files: [file], mapping, directory: other });
  const parquet = join(other, 'labels.parquet');
  writeFileSync(parquet, readFileSync(parquet).subarray(0, -1));
  await expect(readPrepared(other)).rejects.toThrow(/labels\.parquet .* is not the file/);
  await expect(readPrepared(folder)).rejects.toThrow(/holds no prepared data/);
});

test('files named out of their order in time are refused', async () => {
  const options = { files: [file, file], mapping, directory: join(folder, 'twice') };
  await expect(writePrepared(options)).rejects.toThrow(/begins before the file named ahead of it ends/);
});
