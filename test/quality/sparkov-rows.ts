// test/quality/sparkov-rows.ts: rows of Sparkov through an encoder, and boosting on them: what every program on that portfolio does.
import type { EncoderConfig, EncoderWeights } from '../../shared/encoder/definition.ts';
import type { PopulationReference } from '../../shared/features/population-reference.ts';
import { selectColumns } from '../../shared/head/fit-head.ts';
import { scoreByBoosting } from './boosting.ts';
import { type EncodedRows, encodeRows } from './encode-rows.ts';
import { openEncoder } from './open-encoder.ts';
import type { Draw, SparkovData } from './sparkov-data.ts';
import { labelledRows } from './sparkov-heads.ts';

/** Head inputs of these rows. `reference` is what is usual in the stream the encoder was trained on; left out: the data's own. */
export async function encodeSparkov(parts: {
  readonly data: SparkovData;
  readonly config: EncoderConfig;
  readonly weights: EncoderWeights;
  readonly rows: Iterable<number>;
  readonly reference?: PopulationReference;
}): Promise<EncodedRows> {
  const { data, config, weights, rows, reference = data.reference } = parts;
  const encoder = await openEncoder(config, weights, reference);
  try {
    return await encodeRows({ table: data.table, rows, encoder, config, portfolioId: 'sparkov' });
  } finally {
    await encoder.close();
  }
}

/** The rival sees the same labelled rows; its columns do not depend on the encoder. */
export function boostSparkov(data: SparkovData, draws: readonly Draw[], rows: EncodedRows): Float64Array[] {
  const all = [...new Set([...draws.flatMap((draw) => labelledRows(data, draw)), ...data.testRows])];
  const placeOf = new Map(all.map((row, place) => [row, place]));
  const places = (wanted: ArrayLike<number>) => Array.from(wanted, (row) => placeOf.get(row) ?? 0);
  const chosen = selectColumns(rows.select(all, data.labels), (name) => /^(feature|event)-/.test(name));
  return scoreByBoosting({
    features: chosen.values,
    columns: chosen.inputs.length,
    labels: chosen.labels,
    testRows: Int32Array.from(places(data.testRows)),
    draws: draws.map((draw) => places(labelledRows(data, draw))),
  });
}
