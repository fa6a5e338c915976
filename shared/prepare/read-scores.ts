// shared/prepare/read-scores.ts: a file of scores made anywhere: transaction id → score.
import { openDuck } from '../archive/duck.ts';
import { AppError } from '../errors.ts';
import { tableOf } from '../replay/source-query.ts';

const idColumns = ['transaction_id', 'transactionId', 'id'];
const scoreColumns = ['score', 'probability', 'rawScore', 'raw_score'];

function pick(file: string, names: readonly string[], wanted: readonly string[]): string {
  const found = wanted.find((name) => names.includes(name));
  if (found !== undefined) return `"${found}"`;
  throw new AppError('FRAUD_INPUT_INVALID', {
    detail: `Expected a column ${wanted.join(' or ')} in ${file}; it has: ${names.join(', ')}.`,
  });
}

/**
 * Reads scores; higher = riskier.
 * @param file CSV, NDJSON or Parquet with columns `transaction_id` and `score`
 * @throws AppError FRAUD_INPUT_INVALID when it cannot be read, lacks a column or holds what is no number
 */
export async function readScores(file: string): Promise<ReadonlyMap<string, number>> {
  const duck = await openDuck();
  try {
    const described = await duck.connection.runAndReadAll(`DESCRIBE SELECT * FROM ${tableOf(file)}`);
    const names = described.getRows().map(([name]) => String(name));
    const result = await duck.connection.runAndReadAll(
      `SELECT ${pick(file, names, idColumns)}::VARCHAR, ${pick(file, names, scoreColumns)}::DOUBLE FROM ${tableOf(file)}`,
    );
    return new Map(result.getRows().map(([id, score]) => [String(id), Number(score ?? Number.NaN)]));
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    const sentence = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : '';
    throw new AppError('FRAUD_INPUT_INVALID', { detail: `${file} cannot be read: ${sentence}`, cause });
  } finally {
    duck.close();
  }
}
