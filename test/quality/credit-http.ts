// test/quality/credit-http.ts: five folds of real credit clients through POST /v1/credit-score: the figures of the offline evaluation, and what the service never sees.
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../../shared/config/package-root.ts';
import { type CreditAssessment, createCreditScorer } from '../../shared/credit/credit-scorer.ts';
import { loadCreditVersion } from '../../shared/credit/credit-version.ts';
import type { PopulationReference } from '../../shared/features/population-reference.ts';
import {
  CREDIT_AS_OF,
  CREDIT_PORTFOLIO,
  type CreditClient,
  creditReference,
  protectedColumns,
  readCreditClients,
  toAccountRecord,
} from './credit-clients.ts';
import { type JudgedClients, measureFolds, measureGroups } from './credit-measures.ts';
import { type CreditRequest, loadHistories, startCreditServer } from './credit-server.ts';
import { say } from './say.ts';

const FOLDS = [0, 1, 2, 3, 4] as const;
const folder = join(packageRoot, '.fraud/quality/credit');
const folderOf = (fold: number): string => join(folder, `fold-${fold}`);
/** Kept, so that a long run can be made in pieces. */
const askedFile = (fold: number): string => join(folder, `http-fold-${fold}.json`);
/** benchmarks.md: boosting without protected columns, and the goal. */
const REFERENCES = [
  ['boosting without protected columns', 0.7826, 0.558, 0.431],
  ['goal', 0.785, 0.562, 434 / 1000],
] as const;
/** So many statements are known by then; the first comes at the end of April. */
const THIN_DATES = [
  { asOf: '2005-04-10T00:00:00Z', statements: 0, expected: 'none' },
  { asOf: '2005-05-01T00:00:00Z', statements: 1, expected: 'thin' },
  { asOf: '2005-06-01T00:00:00Z', statements: 2, expected: 'thin' },
  { asOf: '2005-07-01T00:00:00Z', statements: 3, expected: 'sufficient' },
] as const;
const THIN_CLIENTS = 100;

/** All that the service is ever told of a client. */
const toRequest = ({ accountId, creditLimitMinor }: CreditClient): CreditRequest => ({
  accountId,
  asOf: CREDIT_AS_OF.toISOString(),
  creditLimit: { amountMinor: creditLimitMinor, currency: 'TWD' },
});

function digestOfAllSent(clients: readonly CreditClient[]): string {
  const digest = createHash('sha256');
  for (const client of clients)
    digest.update(JSON.stringify([client.transactions, toRequest(client), client.fold, client.isDefault]));
  return digest.digest('hex');
}

/** With every protected column changed for every client, the bytes that go to the service stay the same. */
function proveBlind(clients: readonly CreditClient[], limit: number): string {
  const isProtected = (column: string) => protectedColumns.some((name) => name === column);
  const altered = readCreditClients(limit, (column, value) =>
    isProtected(column) ? (column === 'AGE' ? 99 - value : 3 - value) : value,
  );
  const before = digestOfAllSent(clients);
  const after = digestOfAllSent(altered ?? []);
  const turned = altered?.filter(({ group }, row) => group.sex !== clients[row]?.group.sex).length;
  say(
    `Protected columns changed for ${turned} of ${clients.length} clients: everything sent is ${before === after ? 'the same, to the byte' : 'DIFFERENT'}`,
  );
  if (before !== after || turned !== clients.length)
    throw new Error('A protected column reaches the service.');
  return before;
}

async function assessOffline(
  clients: readonly CreditClient[],
  fold: number,
  reference: PopulationReference,
): Promise<number[]> {
  const scorer = await createCreditScorer(loadCreditVersion(folderOf(fold)));
  const questions = clients.map((client) => ({
    portfolioId: CREDIT_PORTFOLIO,
    account: toAccountRecord(client, reference),
    asOf: CREDIT_AS_OF,
    creditLimit: { amountMinor: client.creditLimitMinor, currency: 'TWD' },
  }));
  const assessed = await scorer.assessMany(questions);
  await scorer.close();
  return assessed.map(({ probabilityOfDefault }) => probabilityOfDefault);
}

interface Columns {
  readonly http: Float64Array;
  readonly offline: Float64Array;
}

/** Answers of a fold that was asked before: the same version, the same clients. */
function readAsked(fold: number, digest: string): number[] | undefined {
  const file = askedFile(fold);
  if (!existsSync(file)) return undefined;
  const asked: { digest: string; http: number[] } = JSON.parse(readFileSync(file, 'utf8'));
  return asked.digest === digest ? asked.http : undefined;
}

/** Thin files by the way: the first fold's clients as of earlier days. */
async function askFold(directory: string, clients: readonly CreditClient[], fold: number): Promise<number[]> {
  const server = await startCreditServer(directory, folderOf(fold));
  try {
    const startedAt = performance.now();
    const answers = await server.askAll(clients.map(toRequest));
    const seconds = (performance.now() - startedAt) / 1000;
    say(
      `  fold ${fold}: ${clients.length} clients asked in ${seconds.toFixed(0)} s of ${answers[0]?.modelVersion}`,
    );
    for (const date of fold === 0 ? THIN_DATES : []) {
      const some = clients.slice(0, THIN_CLIENTS);
      tellThin(await server.askAll(some.map((client) => ({ ...toRequest(client), asOf: date.asOf }))), date);
    }
    return answers.map(({ probabilityOfDefault }) => probabilityOfDefault);
  } finally {
    await server.stop();
  }
}

/** Each client asked of the server whose version has not seen its fold. */
async function scoreFolds(
  directory: string,
  clients: readonly CreditClient[],
  { reference, digest, folds }: { reference: PopulationReference; digest: string; folds: readonly number[] },
): Promise<Columns | undefined> {
  const [http, offline] = [new Float64Array(clients.length), new Float64Array(clients.length)];
  let isWhole = true;
  for (const fold of FOLDS) {
    const rows = [...clients.keys()].filter((row) => clients[row]?.fold === fold);
    const mine = rows.flatMap((row) => clients[row] ?? []);
    const made = `${digest} ${loadCreditVersion(folderOf(fold)).manifestDigest}`;
    const known = readAsked(fold, made);
    if (!known && !folds.includes(fold)) {
      isWhole = false;
      continue;
    }
    const answers = known ?? (await askFold(directory, mine, fold));
    if (!known) writeFileSync(askedFile(fold), JSON.stringify({ digest: made, http: answers }));
    const expected = await assessOffline(mine, fold, reference);
    rows.forEach((row, index) => {
      http[row] = answers[index] ?? Number.NaN;
      offline[row] = expected[index] ?? Number.NaN;
    });
  }
  return isWhole ? { http, offline } : undefined;
}

function tellThin(
  answers: readonly CreditAssessment[],
  { asOf, statements, expected }: (typeof THIN_DATES)[number],
): void {
  const said = [...new Set(answers.map(({ dataSufficiency }) => dataSufficiency))].join(', ');
  say(
    `  as of ${asOf.slice(0, 10)}, ${statements} statement(s): data sufficiency "${said}" (${answers.length} clients)`,
  );
  if (said !== expected) throw new Error(`Expected "${expected}".`);
}

function report(judged: JudgedClients, clients: readonly CreditClient[], { http, offline }: Columns) {
  const largest = http.reduce((most, score, row) => Math.max(most, Math.abs(score - (offline[row] ?? 0))), 0);
  say('\n                                        AUC     AP      KS      AUC by fold');
  const measures = { http: measureFolds(judged, http), offline: measureFolds(judged, offline) };
  for (const [name, { auc, averagePrecision, ks, byFold }] of Object.entries(measures)) {
    const figures = [auc, averagePrecision, ks].map((value) => value.toFixed(4)).join('  ');
    say(`${name.padEnd(38)}  ${figures}  ${byFold.map((fold) => fold.auc.toFixed(4)).join(' ')}`);
  }
  for (const [name, ...figures] of REFERENCES)
    say(`${name.padEnd(38)}  ${figures.map((value) => value.toFixed(4)).join('  ')}`);
  say(`largest difference of a probability between HTTP and offline: ${largest.toExponential(1)}`);
  say(
    '\nby group, joined here to the answers: clients, default rate, AUC, approved when the safest 80 % are',
  );
  const groups = ['sex', 'age'] as const;
  const byGroup = groups.flatMap((of) =>
    measureGroups(
      judged,
      http,
      clients.map(({ group }) => group[of]),
    ),
  );
  for (const { group, clients: count, defaultRate, auc, approved } of byGroup) {
    const shares = `${(100 * defaultRate).toFixed(1)} %  ${auc.toFixed(4)}  ${(100 * approved).toFixed(1)} %`;
    say(`  ${group.padEnd(14)} ${String(count).padStart(6)}  ${shares}`);
  }
  return { largestDifference: largest, ...measures, byGroup };
}

export async function runCreditHttp(args: readonly string[]): Promise<void> {
  const options = {
    clients: { type: 'string', default: '30000' },
    folds: { type: 'string', default: FOLDS.join() },
  } as const;
  const { values } = parseArgs({ args: [...args], options });
  const limit = Number(values.clients);
  const clients = readCreditClients(limit);
  if (!clients) return say('Skipped: the credit data is not here (FRAUD_QUALITY_DATA).');
  if (!FOLDS.every((fold) => existsSync(folderOf(fold))))
    return say('The versions of the folds are not here: npm run quality -- credit --variants pretrained');
  // The reference the folds were made with comes from all clients; amounts only.
  const reference = creditReference(readCreditClients() ?? clients);
  const digest = proveBlind(clients, limit);
  const directory = mkdtempSync(join(tmpdir(), 'fraud-credit-http-'));
  try {
    const transactions = await loadHistories(directory, clients, reference);
    say(`${clients.length} clients, ${transactions} statements and repayments loaded`);
    const folds = values.folds.split(',').map(Number);
    const columns = await scoreFolds(directory, clients, { reference, digest, folds });
    if (!columns) return say('Kept; the other folds are still to be asked (--folds).');
    const judged = {
      labels: Uint8Array.from(clients, ({ isDefault }) => (isDefault ? 1 : 0)),
      folds: Uint8Array.from(clients, ({ fold }) => fold),
    };
    const result = { ...report(judged, clients, columns), sentDigest: digest };
    writeFileSync(join(folder, 'http.json'), JSON.stringify(result, null, 1));
    if (result.largestDifference > 1e-5) throw new Error('HTTP and the offline evaluation disagree.');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
