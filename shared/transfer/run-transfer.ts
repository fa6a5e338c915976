// shared/transfer/run-transfer.ts: READ FIRST: rows → encoder prepared → encoded → heads and controls → judged → candidate, report, record.
import { join } from 'node:path';
import { loadPretrained } from '../encoder/pretrained.ts';
import { defaultRunsDirectory, readRun, toRunId, writeRunRecord } from '../evaluation/run-folder.ts';
import type { RunRecord } from '../evaluation/run-record.ts';
import { sha256Of } from '../registry/manifest.ts';
import type { Registry } from '../registry/registry.ts';
import { ablationSection, evaluationSections, toHeadlines } from '../report/evaluation-report.ts';
import { writeHtmlReport } from '../report/html-report.ts';
import { type BackendName, chooseBackend } from '../training/backend.ts';
import { assembleCandidate } from './assemble-candidate.ts';
import { fitVariants } from './fit-variants.ts';
import { judgeTransfer, type TransferJudgement, toMetrics } from './judge-transfer.ts';
import { keepRows, type RowPlace } from './kept-rows.ts';
import { type EncoderFacts, type OnProgress, prepareEncoder, requireWeights } from './prepare-encoder.ts';
import { parseTransferConfig, type TransferConfig } from './transfer-config.ts';
import { collectStreams, encodeWindows, openEncoder } from './transfer-inputs.ts';
import {
  collectTransferRows,
  type HistorySpan,
  type TellHistory,
  type TransferRows,
} from './transfer-rows.ts';

export interface TransferOrder {
  readonly config: TransferConfig;
  readonly tell: TellHistory;
  /** Its span, where it is known without telling it. */
  readonly span?: HistorySpan | undefined;
  /** Where the rows of this history are kept for other runs; nowhere when absent. */
  readonly rowPlace?: RowPlace | undefined;
  /** Name → SHA-256 of what `tell` reads, for the record. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly registry: Registry;
  readonly now: () => number;
  readonly runsDirectory?: string;
  /** Run to go on with: its configuration and finished stages are used. */
  readonly resume?: string;
  readonly backend?: BackendName;
  readonly onProgress?: OnProgress;
}

export interface TransferResult {
  readonly record: RunRecord;
  readonly folder: string;
  readonly judgement: TransferJudgement;
}

const REPORT_FILE = 'report.html';

/** The run as it starts, or as it was when it stopped. */
function openRun(order: TransferOrder, runsDirectory: string): { record: RunRecord; config: TransferConfig } {
  const stopped = order.resume === undefined ? undefined : readRun(runsDirectory, order.resume);
  const config = stopped ? parseTransferConfig(stopped.config) : order.config;
  if (stopped) return { record: { ...stopped, state: 'running' }, config };
  const startedAt = new Date(order.now());
  const digest = sha256Of(new TextEncoder().encode(JSON.stringify([config, order.inputs])));
  const record: RunRecord = {
    formatVersion: 1,
    id: toRunId(startedAt, config.technique, digest),
    kind: 'transfer',
    title: `${config.technique} of ${config.encoder}`,
    state: 'running',
    startedAt: startedAt.toISOString(),
    config: JSON.parse(JSON.stringify(config)),
    seeds: [config.seed],
    inputs: { ...order.inputs },
    metrics: {},
    artifacts: {},
  };
  return { record, config };
}

/**
 * Runs one transfer and registers its candidate. A run that was stopped goes on with the stages it had finished.
 * @throws AppError of the stage that failed; the record then says so
 */
export async function runTransfer(order: TransferOrder): Promise<TransferResult> {
  const runsDirectory = order.runsDirectory ?? defaultRunsDirectory();
  const { record, config } = openRun(order, runsDirectory);
  const folder = writeRunRecord(runsDirectory, record);
  const finishedAt = () => new Date(order.now()).toISOString();
  try {
    const { candidate, judgement, metrics, backend } = await transfer(
      { ...order, config },
      folder,
      record.startedAt,
    );
    const finished: RunRecord = {
      ...record,
      state: 'finished',
      finishedAt: finishedAt(),
      metrics,
      artifacts: { report: REPORT_FILE },
      candidate,
      environment: { node: process.version, backend },
    };
    writeRunRecord(runsDirectory, finished);
    return { record: finished, folder, judgement };
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    writeRunRecord(runsDirectory, { ...record, state: 'failed', finishedAt: finishedAt(), failure });
    throw error;
  }
}

async function transfer(order: TransferOrder, folder: string, createdAt: string) {
  const { config, registry, onProgress = () => {} } = order;
  const { tf, name: backend } = await chooseBackend(order.backend);
  const given = openEncoder(loadPretrained(config.encoder));
  requireWeights(config, given);
  const rows = await keepRows(order.rowPlace, config, () =>
    collectTransferRows(order.tell, config, {
      span: order.span,
      onTransactions: (done, all) => onProgress('reading', done, all, 'transactions'),
    }),
  );
  const asGiven = await encodeWindows(rows, given, (done, all) => onProgress('encoding', done, all, 'rows'));
  const { encoder, facts } = await prepareEncoder({
    tf,
    config,
    given,
    rows,
    inputs: asGiven,
    streams: collectStreams(rows),
    folder,
    onProgress,
  });
  const isChanged = encoder.encoderVersion !== given.encoderVersion;
  const inputs = isChanged
    ? await encodeWindows(rows, encoder, (done, all) => onProgress('encoding again', done, all, 'rows'))
    : asGiven;
  const variants = await fitVariants({ tf, config, rows, given, encoder, inputs, asGiven, onProgress });
  const summary = summarise(rows, facts, variants.kind);
  const parts = { config, rows, encoder, inputs, variants, createdAt, summary };
  const { calibrator } = assembleCandidate({ ...parts, report: {} });
  const judgement = judgeTransfer(rows, variants, config, (raw) => calibrator.toScore(raw));
  const report = { metrics: toMetrics(judgement), table: judgement.table, facts, config };
  const { manifest, files } = assembleCandidate({ ...parts, report });
  await registry.publish(manifest, files);
  await writeReport(join(folder, REPORT_FILE), {
    config,
    judgement,
    summary,
    modelVersion: manifest.modelVersion,
  });
  return {
    candidate: manifest.modelVersion,
    judgement,
    backend,
    metrics: { ...toMetrics(judgement), ...toFactMetrics(facts) },
  };
}

function toFactMetrics({ adaptation, fineTuning }: EncoderFacts): Record<string, number> {
  return {
    ...(adaptation && {
      'adaptation.heldOutLoss.before': adaptation.heldOutLoss.before,
      'adaptation.heldOutLoss.after': adaptation.heldOutLoss.after,
    }),
    ...(fineTuning?.heldOutForecastLoss && {
      'fineTuning.heldOutForecastLoss.before': fineTuning.heldOutForecastLoss.before,
      'fineTuning.heldOutForecastLoss.after': fineTuning.heldOutForecastLoss.after,
    }),
  };
}

const date = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** What a reader has to know, in sentences. */
function summarise(rows: TransferRows, { adaptation, fineTuning }: EncoderFacts, kind: string): string[] {
  const { boundaries, windows, labels, transactions } = rows;
  const frauds = (numbers: Int32Array) => numbers.reduce((sum, row) => sum + (labels[row] ?? 0), 0);
  return [
    `${transactions.toLocaleString('en')} transactions, ${date(boundaries.firstMs)} to ${date(boundaries.lastMs)}.`,
    `Trained on ${windows.training.length.toLocaleString('en')} rows (${frauds(windows.training)} frauds) before ${date(boundaries.trainUntilMs)}, calibrated on ${windows.calibration.length.toLocaleString('en')} from ${date(boundaries.calibrateFromMs)} on, judged on ${windows.test.length.toLocaleString('en')} (${frauds(windows.test)} frauds) from ${date(boundaries.testFromMs)} on.`,
    `Head: ${kind}.`,
    ...(adaptation
      ? [`Adapted without labels: forecast loss on held-out cards ${toStep(adaptation.heldOutLoss)} nats.`]
      : []),
    ...(fineTuning
      ? [
          `Fine-tuned: weights of step ${fineTuning.keptStep} kept${fineTuning.heldOutForecastLoss ? `; forecast loss on held-out cards ${toStep(fineTuning.heldOutForecastLoss)} nats` : ''}.`,
        ]
      : []),
  ];
}

const toStep = ({ before, after }: { readonly before: number; readonly after: number }): string =>
  `${before.toFixed(2)} → ${after.toFixed(2)}`;

async function writeReport(
  path: string,
  parts: {
    readonly config: TransferConfig;
    readonly judgement: TransferJudgement;
    readonly summary: readonly string[];
    readonly modelVersion: string;
  },
): Promise<void> {
  const { config, judgement, summary, modelVersion } = parts;
  const { evaluation, table } = judgement;
  writeHtmlReport(path, {
    title: `Transfer: ${config.technique}`,
    subtitle: `Candidate ${modelVersion}, from encoder ${config.encoder}`,
    headlines: toHeadlines(evaluation),
    sections: [
      { heading: 'What was done', text: summary.join('\n\n') },
      await ablationSection(table, 'Beside its controls'),
      ...(await evaluationSections({ [config.technique]: evaluation })),
    ],
    footer: JSON.stringify(config),
  });
}
