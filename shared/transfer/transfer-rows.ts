// shared/transfer/transfer-rows.ts: a portfolio's history as rows in three windows and an unlabelled stream, by the code that scoring uses.
import { entityKeyOf } from '../domain/entity.ts';
import type { Outcome } from '../domain/outcome.ts';
import { isDecided, type Transaction } from '../domain/transaction.ts';
import { AppError } from '../errors.ts';
import { createReferenceBuilder } from '../features/build-reference.ts';
import { type ContextRows, createContextTable } from '../features/context-table.ts';
import { defaultFeatureSettings } from '../features/feature-settings.ts';
import type { PopulationReference } from '../features/population-reference.ts';
import { createReplay, type Replay } from '../features/replay-into-memory.ts';
import { hashMerchant, hashTransactionId } from '../sequence/id-hash.ts';
import type { TransferConfig } from './transfer-config.ts';

const DAY_MS = 86_400_000;

/** A line of labelled history: outcomes at the place where they became known. */
export type HistoryLine =
  | {
      readonly kind: 'transaction';
      readonly transaction: Transaction;
      readonly label?: 'fraud' | 'genuine' | undefined;
    }
  | { readonly kind: 'outcome'; readonly outcome: Outcome };

/** A history that can be told any number of times, in event-time order. */
export type TellHistory = () => AsyncIterable<readonly HistoryLine[]>;

export const windowNames = ['training', 'calibration', 'test'] as const;
export type WindowName = (typeof windowNames)[number];

/** Rows of a window are numbers of the table. */
export interface TransferRows {
  readonly portfolioId: string;
  readonly reference: PopulationReference;
  readonly table: ContextRows;
  readonly labels: Uint8Array;
  /** Transactions that each row stands for. */
  readonly weights: Float32Array;
  readonly amountsMinor: Float64Array;
  readonly transactionIds: readonly string[];
  readonly windows: Readonly<Record<WindowName, Int32Array>>;
  readonly boundaries: Boundaries;
  readonly transactions: number;
}

/** Instants, ms. */
export interface Boundaries {
  readonly firstMs: number;
  readonly rowsFromMs: number;
  readonly trainUntilMs: number;
  readonly calibrateFromMs: number;
  readonly calibrateUntilMs: number;
  readonly testFromMs: number;
  readonly lastMs: number;
}

/** First and last event time, how many transactions, and whose. */
export interface HistorySpan {
  readonly firstMs: number;
  readonly lastMs: number;
  readonly transactions: number;
  readonly portfolioId: string;
}

async function measureSpan(tell: TellHistory): Promise<HistorySpan> {
  let firstMs = Number.POSITIVE_INFINITY;
  let lastMs = Number.NEGATIVE_INFINITY;
  let transactions = 0;
  let portfolioId = '';
  for await (const lines of tell()) {
    for (const line of lines) {
      if (line.kind !== 'transaction') continue;
      const timeMs = Date.parse(line.transaction.eventTime);
      firstMs = Math.min(firstMs, timeMs);
      lastMs = Math.max(lastMs, timeMs);
      transactions++;
      portfolioId ||= line.transaction.portfolioId;
    }
  }
  if (transactions === 0) throw new AppError('FRAUD_INPUT_INVALID', { detail: 'There is no transaction.' });
  return { firstMs, lastMs, transactions, portfolioId };
}

/** @throws AppError FRAUD_INPUT_INVALID when a window would be empty */
export function placeBoundaries(
  { firstMs, lastMs }: Pick<HistorySpan, 'firstMs' | 'lastMs'>,
  { windows }: TransferConfig,
): Boundaries {
  const length = lastMs - firstMs;
  const delayMs = windows.labelDelayDays * DAY_MS;
  const testFromMs = windows.testFrom ? Date.parse(windows.testFrom) : lastMs - windows.testShare * length;
  const calibrateFromMs = windows.calibrateFrom
    ? Date.parse(windows.calibrateFrom)
    : testFromMs - delayMs - windows.calibrateShare * length;
  const boundaries = {
    firstMs,
    rowsFromMs: firstMs + windows.warmUpDays * DAY_MS,
    trainUntilMs: calibrateFromMs - delayMs,
    calibrateFromMs,
    calibrateUntilMs: testFromMs - delayMs,
    testFromMs,
    lastMs,
  };
  const { rowsFromMs, trainUntilMs, calibrateUntilMs } = boundaries;
  if (rowsFromMs < trainUntilMs && calibrateFromMs < calibrateUntilMs && testFromMs < lastMs)
    return boundaries;
  throw new AppError('FRAUD_INPUT_INVALID', {
    detail:
      `${(length / DAY_MS).toFixed(1)} days leave no room for training, calibration and test with ` +
      `${windows.labelDelayDays} days of label delay between them.`,
  });
}

async function measureReference(
  tell: TellHistory,
  portfolioId: string,
  untilMs: number,
): Promise<PopulationReference> {
  const builder = createReferenceBuilder(portfolioId);
  for await (const lines of tell()) {
    for (const line of lines) {
      if (line.kind !== 'transaction') continue;
      // In event-time order: what follows is later still.
      if (Date.parse(line.transaction.eventTime) >= untilMs) return builder.build();
      builder.add(line.transaction);
    }
  }
  return builder.build();
}

/** True for the cards whose labels exist; the same cards in every run. */
export const isLabelled = (cardToken: string, share: number): boolean =>
  hashMerchant(`labels ${cardToken}`) / 2 ** 32 < share;

/** The window that a transaction's row belongs to; undefined for one that only fills histories. */
function windowOf(
  timeMs: number,
  transaction: Transaction,
  label: string | undefined,
  { boundaries, config }: { readonly boundaries: Boundaries; readonly config: TransferConfig },
): WindowName | undefined {
  if (!isDecided(transaction) || timeMs < boundaries.rowsFromMs) return undefined;
  if (timeMs >= boundaries.testFromMs) return 'test';
  const isKept =
    label === 'fraud' || hashTransactionId(transaction.transactionId).idLow % config.genuineEvery === 0;
  if (!isKept || !isLabelled(transaction.cardToken, config.labelShare)) return undefined;
  if (timeMs < boundaries.trainUntilMs) return 'training';
  const isCalibration = timeMs >= boundaries.calibrateFromMs && timeMs < boundaries.calibrateUntilMs;
  return isCalibration ? 'calibration' : undefined;
}

export interface CollectOptions {
  readonly onTransactions?: (done: number, all: number) => void;
  /** The history's span where it is known without telling it. */
  readonly span?: HistorySpan | undefined;
}

/** Tells the history for what is usual before training ends, and for contexts; before that for its span when it is not known. */
export async function collectTransferRows(
  tell: TellHistory,
  config: TransferConfig,
  { onTransactions = () => {}, span: known }: CollectOptions = {},
): Promise<TransferRows> {
  const span = known ?? (await measureSpan(tell));
  const boundaries = placeBoundaries(span, config);
  const { portfolioId } = span;
  const reference = await measureReference(tell, portfolioId, boundaries.trainUntilMs);
  const replay = createReplay({ referenceOf: () => reference, settings: defaultFeatureSettings });
  const collector = createCollector(boundaries, config);
  let done = 0;
  for await (const lines of tell()) {
    for (const line of lines) {
      if (line.kind === 'outcome') {
        if (isLabelled(line.outcome.cardToken, config.labelShare)) replay.mark(line.outcome);
        continue;
      }
      collector.add(line, replay);
      done++;
    }
    onTransactions(done, span.transactions);
  }
  return { portfolioId, reference, boundaries, transactions: span.transactions, ...collector.finish() };
}

function createCollector(boundaries: Boundaries, config: TransferConfig) {
  const table = createContextTable();
  const labels: number[] = [];
  const weights: number[] = [];
  const amounts: number[] = [];
  const transactionIds: string[] = [];
  const windows: Record<WindowName, number[]> = { training: [], calibration: [], test: [] };
  return {
    /** A context is built for rows only: most transactions only fill histories, and their events are made at half the cost. */
    add({ transaction, label }: Extract<HistoryLine, { kind: 'transaction' }>, replay: Replay): void {
      const { portfolioId, cardToken, amountMinor, transactionId } = transaction;
      const cardKey = entityKeyOf({ kind: 'card', portfolioId, key: cardToken });
      const window = windowOf(Date.parse(transaction.eventTime), transaction, label, { boundaries, config });
      if (window === undefined) {
        const { event, isAppended } = replay.append(transaction);
        if (isAppended) table.addEvent({ cardKey, event });
        return;
      }
      const { context, timeMs } = replay.push(transaction);
      windows[window].push(table.addRow({ cardKey, timeMs, context, label: 'unknown' }));
      labels.push(label === 'fraud' ? 1 : 0);
      weights.push(window === 'test' || label === 'fraud' ? 1 : config.genuineEvery);
      amounts.push(amountMinor);
      transactionIds.push(transactionId);
    },
    finish: () => ({
      table,
      labels: Uint8Array.from(labels),
      weights: Float32Array.from(weights),
      amountsMinor: Float64Array.from(amounts),
      transactionIds,
      windows: {
        training: Int32Array.from(windows.training),
        calibration: Int32Array.from(windows.calibration),
        test: Int32Array.from(windows.test),
      },
    }),
  };
}
