// test/gpu/run.ts: `npm run test:gpu`: parity CPU ↔ GPU, transactions/s and share of the card's arithmetic; NOT RUN with reasons where there is no GPU.
import { parseArgs } from 'node:util';
import { encoderConfigs } from '../../shared/encoder/definition.ts';
import type { EncodedRow, EncoderRow } from '../../shared/encoder/encoder.ts';
import { createOnnxEncoder, type OnnxEncoder } from '../../shared/encoder/onnx-encoder.ts';
import { describeProvider } from '../../shared/encoder/provider-chain.ts';
import { WINDOW } from '../../shared/sequence/packed-event.ts';
import { multiplyAddsPerRow } from '../support/encoder-arithmetic.ts';
import { sampleEncoder, sampleHead, sampleReference, sampleRows } from '../support/encoder-rows.ts';
import { type Card, findCard } from './card.ts';

const config = encoderConfigs.small;
/** architecture.md: re-encoding must reproduce stored readings within this. */
const MOST_DIFFERENCE = 1e-4;
const PARITY_ROWS = 2_000;
/** Calls in flight: the GPU's only worker must never wait for rows. */
const CALLS_IN_FLIGHT = 4;
const ROWS_PER_CALL = 1_024;

const start = (provider: 'auto' | 'cpu'): Promise<OnnxEncoder> =>
  createOnnxEncoder({
    encoderModel: sampleEncoder(config),
    encoderVersion: 'random-weights',
    config,
    heads: [sampleHead(config)],
    references: { default: sampleReference() },
    provider,
    queueLimitPositions: 2 * CALLS_IN_FLIGHT * ROWS_PER_CALL * WINDOW,
  });

/** Largest absolute difference of any reading or raw score. */
function largestDifference(left: readonly EncodedRow[], right: readonly EncodedRow[]): number {
  let largest = 0;
  left.forEach((row, at) => {
    const numbers = [...row.readings, ...row.rawScores];
    const others = [...(right[at]?.readings ?? []), ...(right[at]?.rawScores ?? [])];
    numbers.forEach((value, place) => {
      largest = Math.max(largest, Math.abs(value - (others[place] ?? Number.NaN)));
    });
  });
  return largest;
}

async function compareWithCpu(gpu: OnnxEncoder): Promise<number> {
  const rows = sampleRows({ seed: 20, rows: PARITY_ROWS });
  const cpu = await start('cpu');
  try {
    return largestDifference(await cpu.encodeMany(rows), await gpu.encodeMany(rows));
  } finally {
    await cpu.close();
  }
}

/** Full windows, as fast as they go, for `seconds`. */
async function measureRate(
  encoder: OnnxEncoder,
  rows: readonly EncoderRow[],
  seconds: number,
): Promise<number> {
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1000;
  let done = 0;
  const keepCalling = async () => {
    while (performance.now() < endsAt) {
      await encoder.encodeMany(rows);
      done += rows.length;
    }
  };
  await Promise.all(Array.from({ length: CALLS_IN_FLIGHT }, keepCalling));
  return done / ((performance.now() - startedAt) / 1000);
}

function describeShare(rate: number, encoderShare: number, card: Card | undefined): string {
  const teraflops = (2 * multiplyAddsPerRow(config, WINDOW) * rate) / 1e12;
  const peak = card?.peakTeraflops;
  const share = peak
    ? `${((100 * teraflops) / peak).toFixed(2)} % of ${peak} TFLOP/s (${card.name})`
    : 'peak of this card not listed';
  return `${teraflops.toFixed(3)} TFLOP/s, ${share}; the card's session ran ${(100 * encoderShare).toFixed(0)} % of the time`;
}

async function measure(gpu: OnnxEncoder, seconds: number): Promise<boolean> {
  const difference = await compareWithCpu(gpu);
  const isSame = difference <= MOST_DIFFERENCE;
  console.log(
    `parity       ${isSame ? 'ok' : 'FAILED'}: largest difference ${difference.toExponential(2)} over ${PARITY_ROWS} rows, at most ${MOST_DIFFERENCE}`,
  );
  const rows = sampleRows({ seed: 21, rows: ROWS_PER_CALL, eventCount: WINDOW });
  await measureRate(gpu, rows, 1);
  const before = gpu.activity().encoderMs;
  const startedAt = performance.now();
  const rate = await measureRate(gpu, rows, seconds);
  const encoderShare = (gpu.activity().encoderMs - before) / (performance.now() - startedAt);
  console.log(
    `speed        ${Math.round(rate)} transactions/s of ${WINDOW} positions, heads included, one worker`,
  );
  console.log(`arithmetic   ${describeShare(rate, encoderShare, findCard())}`);
  return isSame;
}

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '10' } } });
const gpu = await start('auto');
try {
  if (gpu.provider === 'cpu') {
    const reasons = gpu.providerReport.refused.map(({ provider, reason }) => `${provider}: ${reason}`);
    console.log(`NOT RUN: no GPU provider works here. ${reasons.join('; ')}`);
  } else {
    console.log(describeProvider(gpu.providerReport));
    if (!(await measure(gpu, Number(values.seconds)))) process.exitCode = 1;
  }
} finally {
  await gpu.close();
}
