// shared/credit/credit-scorer.ts: an account's history as of a time → probability of default, score, factors, and how much is known.
import type { Encoder } from '../encoder/encoder.ts';
import { createOnnxEncoder } from '../encoder/onnx-encoder.ts';
import { AppError } from '../errors.ts';
import { toMajorUnits } from '../features/codes.ts';
import { type PopulationReference, populationReferenceSchema } from '../features/population-reference.ts';
import { Calibrator } from '../head/calibrator.ts';
import { viewBefore } from '../sequence/entity-view.ts';
import { EVENT_BYTES } from '../sequence/packed-event.ts';
import type { EntityRecord } from '../sequence/state-store.ts';
import { readBillingHistory, selectBillingEvents } from './billing-months.ts';
import { type CreditFactor, findFactors } from './credit-factors.ts';
import { parseCreditModel } from './credit-model.ts';
import { CREDIT_FILES, type CreditVersion, encoderConfigOf } from './credit-version.ts';
import { creditInputNames, toCreditInputs } from './encode-history.ts';
import { createNetworkRunner } from './monotone-network.ts';
import { toCreditScore } from './score-scale.ts';

/** Fewer statements than this are a thin file. */
export const THIN_BELOW_STATEMENTS = 3;

/** What is asked: one account as of one instant. */
export interface CreditQuestion {
  readonly portfolioId: string;
  /** The account's record as stored; what happened at or after `asOf` is not looked at. */
  readonly account: EntityRecord | undefined;
  readonly asOf: Date;
  /** A fact that no transaction tells. */
  readonly creditLimit?: { readonly amountMinor: number; readonly currency: string } | undefined;
}

export interface CreditAssessment {
  /** Calibrated; what a default is and by when is the manifest's `outcome`. */
  readonly probabilityOfDefault: number;
  /** 300 … 850, higher = safer (score-scale.ts). */
  readonly score: number;
  /** At most four, strongest first: what raises the risk above a typical repaid account's. */
  readonly factors: readonly CreditFactor[];
  /** `none`: no statement is known, the answer is the base rate. `thin`: fewer than three. */
  readonly dataSufficiency: 'none' | 'thin' | 'sufficient';
  readonly modelVersion: string;
}

export interface CreditScorer {
  readonly modelVersion: string;
  assess(question: CreditQuestion): Promise<CreditAssessment>;
  /** Order kept; one encoder call for all. */
  assessMany(questions: readonly CreditQuestion[]): Promise<CreditAssessment[]>;
  /** Releases the encoder it started. */
  close(): Promise<void>;
}

export interface CreditScorerOptions {
  /** Reference against which the portfolio's events were packed; default the version's own. */
  readonly referenceOf?: (portfolioId: string) => PopulationReference;
  readonly workers?: number;
}

/** Packed events of a record strictly before an instant, copied. */
export function eventsBefore(record: EntityRecord | undefined, asOf: Date): Uint8Array {
  const { view, firstByte, count } = viewBefore(record, { timeMs: asOf.getTime(), idLow: 0, idHigh: 0 });
  return new Uint8Array(view.buffer, view.byteOffset + firstByte, count * EVENT_BYTES).slice();
}

function limitOf({ creditLimit }: CreditQuestion, reference: PopulationReference): number {
  if (!creditLimit) return Number.NaN;
  const { amountMinor, currency } = creditLimit;
  const median = reference.currencyMedians[currency] ?? reference.currencyMedians['*'] ?? 1;
  return toMajorUnits(amountMinor, currency) / median;
}

function fileOf({ files }: CreditVersion, name: string): Uint8Array {
  const bytes = files.get(name);
  if (!bytes) throw new AppError('FRAUD_MODEL_INVALID', { detail: `The credit version has no ${name}.` });
  return bytes;
}

async function startEncoder(
  version: CreditVersion,
  reference: PopulationReference,
  workers: number,
): Promise<Encoder | undefined> {
  const { encoder } = version.manifest;
  if (!encoder) return undefined;
  return createOnnxEncoder({
    encoderModel: fileOf(version, CREDIT_FILES.encoder),
    encoderVersion: encoder.version,
    config: encoder.config,
    heads: [],
    references: { '*': reference },
    workers,
  });
}

/**
 * Makes a verified version ready to assess accounts.
 * @throws AppError FRAUD_MODEL_INVALID when the version was made for other inputs than this code computes
 */
export async function createCreditScorer(
  version: CreditVersion,
  { referenceOf, workers = 1 }: CreditScorerOptions = {},
): Promise<CreditScorer> {
  const { manifest } = version;
  const config = encoderConfigOf(manifest);
  const model = parseCreditModel(fileOf(version, CREDIT_FILES.model));
  const names = creditInputNames(config);
  const fits = [manifest.inputs, model.network.inputs.map(({ name }) => name)].every(
    (inputs) => inputs.length === names.length && inputs.every((name, index) => name === names[index]),
  );
  if (!fits) {
    throw new AppError('FRAUD_MODEL_INVALID', {
      detail: 'The credit model expects other inputs than this code computes.',
    });
  }
  const stored: unknown = JSON.parse(new TextDecoder().decode(fileOf(version, CREDIT_FILES.reference)));
  const reference = populationReferenceSchema.parse(stored);
  const encoder = await startEncoder(version, reference, workers);
  const run = createNetworkRunner(model.network);
  const calibrator = new Calibrator(manifest.calibrator);
  const { modelVersion, baseRate } = manifest;

  const answer = (row: Float32Array, statements: number): CreditAssessment => {
    const isEmpty = statements === 0;
    const probabilityOfDefault = isEmpty ? baseRate : calibrator.toScore(run(row));
    const unknown: CreditFactor = { code: 'history', sentence: 'No statement of this account is known.' };
    return {
      probabilityOfDefault,
      score: toCreditScore(probabilityOfDefault),
      factors: isEmpty ? [unknown] : findFactors(model, run, row),
      dataSufficiency: isEmpty ? 'none' : statements < THIN_BELOW_STATEMENTS ? 'thin' : 'sufficient',
      modelVersion,
    };
  };

  async function assessMany(questions: readonly CreditQuestion[]): Promise<CreditAssessment[]> {
    const subjects = questions.map((question) => ({
      portfolioId: question.portfolioId,
      events: eventsBefore(question.account, question.asOf),
      limit: limitOf(question, referenceOf?.(question.portfolioId) ?? reference),
      asOfMs: question.asOf.getTime(),
    }));
    const rows = await toCreditInputs(subjects, encoder && config && { encoder, config });
    return rows.map((row, index) => {
      const { events = new Uint8Array(), asOfMs = 0 } = subjects[index] ?? {};
      return answer(row, readBillingHistory(selectBillingEvents(events, asOfMs)).statements);
    });
  }

  return {
    modelVersion,
    assessMany,
    assess: async (question) => {
      const [assessment] = await assessMany([question]);
      if (assessment) return assessment;
      throw new AppError('FRAUD_ENCODER_FAILED', { detail: 'No assessment came back.' });
    },
    close: async () => encoder?.close(),
  };
}
