// test/bench/programs/encoder.ts: `npm run bench -- encoder`: bare ONNX Runtime beside the encoder's port, on the same rows, graph and cores.
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { encoderConfigs } from '../../../shared/encoder/definition.ts';
import { createOnnxEncoder } from '../../../shared/encoder/onnx-encoder.ts';
import { WINDOW } from '../../../shared/sequence/packed-event.ts';
import { multiplyAddsPerRow } from '../../support/encoder-arithmetic.ts';
import { sampleEncoder, sampleHead, sampleReference, sampleRows } from '../../support/encoder-rows.ts';
import type { BenchReport } from '../bench-report.ts';
import { type BareEncoderFigures, measureBareEncoder } from '../encoder.ts';
import { measurePool, type PoolFigures } from '../encoder-pool.ts';

const ROWS = 4_096;

function tableOf(bare: BareEncoderFigures, pool: PoolFigures, multiplyAdds: number) {
  const gigaflops = (2 * multiplyAdds * bare.rowsPerSecond) / bare.workers / 1e9;
  const line = (figure: string, value: number | undefined, unit: string) => ({
    figure,
    value: value === undefined ? 'unknown' : value.toFixed(value < 100 ? 2 : 0),
    unit,
  });
  return [
    line('bare ONNX Runtime', bare.rowsPerSecond, `rows/s on ${bare.workers} one-thread workers`),
    ...bare.lengths.map(({ length, rowsPerSecond, bestBatch }) =>
      line(`  at ${length} positions`, rowsPerSecond, `rows/s, best batch ${bestBatch}`),
    ),
    line('  arithmetic', gigaflops, 'GFLOP/s per worker (matrix products)'),
    line('encoder port', pool.rowsPerSecond, 'rows/s, readings and one head included'),
    line('  share of bare', pool.rowsPerSecond / bare.rowsPerSecond, ''),
    line('  main thread', pool.mainMicroseconds, 'µs/row'),
    line('  worker: inputs', pool.inputsMicroseconds, 'µs/row'),
    line('  worker: encoder', pool.encoderMicroseconds, 'µs/row'),
    line('  worker: readings', pool.readingsMicroseconds, 'µs/row'),
    line('  worker: heads', pool.headsMicroseconds, 'µs/row'),
    line('  worker: processor', pool.workerCpuMicroseconds, 'µs/row'),
    line('load average', loadavg()[0], 'other work on this machine spoils the figures'),
  ];
}

/** Options: --config small|tiny, --seconds N (of the port), --events N (per row; default 64, 0 = random lengths), --workers N. */
export async function measure(options: readonly string[]): Promise<BenchReport> {
  const { values } = parseArgs({
    args: [...options],
    options: {
      config: { type: 'string', default: 'small' },
      seconds: { type: 'string', default: '4' },
      events: { type: 'string', default: String(WINDOW) },
      workers: { type: 'string' },
    },
  });
  const config = values.config === 'tiny' ? encoderConfigs.tiny : encoderConfigs.small;
  const eventCount = Number(values.events);
  const workers = values.workers === undefined ? {} : { workers: Number(values.workers) };
  const rows = sampleRows({ seed: 4, rows: ROWS, ...(eventCount > 0 ? { eventCount } : {}) });
  const encoderModel = sampleEncoder(config);
  const bare = await measureBareEncoder({
    encoderModel,
    eventCounts: rows.map((row) => row.eventCount),
    ...workers,
  });
  const encoder = await createOnnxEncoder({
    encoderModel,
    encoderVersion: 'random-weights',
    config,
    heads: [sampleHead(config)],
    references: { default: sampleReference() },
    provider: 'cpu',
    ...workers,
  });
  try {
    const pool = await measurePool(encoder, rows, Number(values.seconds));
    const multiplyAdds = bare.lengths.reduce(
      (sum, { length, share }) => sum + share * multiplyAddsPerRow(config, length),
      0,
    );
    const shareOfBare = pool.rowsPerSecond / bare.rowsPerSecond;
    return {
      table: tableOf(bare, pool, multiplyAdds),
      figures: { config: config.name, bare, pool, shareOfBare, loadAverage: loadavg()[0] },
    };
  } finally {
    await encoder.close();
  }
}
