// services/retrainer/stages/prepare-encoder.ts: the encoder the version will have: the champion's, or one that went on learning, with all rows read again and references made again.
import { createOnnxEncoder } from '../../../shared/encoder/onnx-encoder.ts';
import type { PopulationReference } from '../../../shared/features/population-reference.ts';
import { EVENT_BYTES } from '../../../shared/sequence/packed-event.ts';
import { fillMixedTails } from '../../../shared/training/bootstrap-rows.ts';
import { selectRows } from '../../../shared/training/head-dataset.ts';
import { toHeadDataset } from '../../../shared/training/head-dataset-of.ts';
import { readContexts } from '../../../shared/training-set/read-contexts.ts';
import { windowRows } from '../../../shared/training-set/training-set.ts';
import { type BuiltEncoder, buildEncoder } from '../../../shared/transfer/transfer-inputs.ts';
import { changeEncoder } from '../change-encoder.ts';
import { encoderOf, weightsOf } from '../encoder-of.ts';
import type { WithEncoder, WithSet } from '../state.ts';

type References = Readonly<Record<string, PopulationReference>>;

/** Fewer genuine rows of a portfolio say little about its tails: it keeps those of all portfolios together. */
const LEAST_ROWS = 1_000;
/** Rows handed to the encoder together. */
const CHUNK_ROWS = 512;
const NO_FEATURES = new Float32Array(0);

/** Heads only: nothing changes. Otherwise the values the champion is judged by stay as they were scored. */
export async function prepareEncoder(state: WithSet): Promise<WithEncoder> {
  const { settings, champion, championVersion, set } = state;
  const { references } = champion.encoderParts;
  const championValues = set.values;
  if (settings.mode === 'head')
    return { ...state, encoder: encoderOf(champion, championVersion), references, championValues };
  const weights = await changeEncoder(state, weightsOf(champion, championVersion));
  const encoder = buildEncoder(champion.config, weights);
  const values = await encodeAgain(state, encoder, references);
  const changed = { ...state, set: { ...set, values } };
  return { ...changed, encoder, references: remakeReferences(changed, encoder, references), championValues };
}

/** Features and current events as they were; readings by the encoder as it is now, from the stored contexts. */
export async function encodeAgain(
  { store, set, onProgress }: Pick<WithSet, 'store' | 'set' | 'onProgress'>,
  { model, encoderVersion, config }: BuiltEncoder,
  references: References,
): Promise<Float32Array> {
  const values = set.values.slice();
  const width = set.inputs.length;
  const session = await createOnnxEncoder({
    encoderModel: model,
    encoderVersion,
    config,
    heads: [],
    references,
  });
  let done = 0;
  try {
    await readContexts(store, set, async (contexts) => {
      for (let from = 0; from < contexts.length; from += CHUNK_ROWS) {
        const chunk = contexts.slice(from, from + CHUNK_ROWS);
        const encoded = await session.encodeMany(
          chunk.map(({ row, events }) => ({
            portfolioId: set.portfolios[row] ?? '*',
            events,
            eventCount: events.length / EVENT_BYTES,
            features: NO_FEATURES,
          })),
        );
        chunk.forEach(({ row }, index) => {
          values.set(encoded[index]?.readings ?? [], row * width);
        });
        done += chunk.length;
        onProgress('encode again', done / set.labels.length);
      }
    });
  } finally {
    await session.close();
  }
  return values;
}

/** Tail tables say what is rare for this encoder: of all portfolios under `*`, of those with enough rows under their own names. */
function remakeReferences({ set }: WithSet, { config }: BuiltEncoder, references: References): References {
  const rows = windowRows(set, 'training');
  const all = toHeadDataset(rows);
  return Object.fromEntries(
    Object.entries(references).map(([portfolioId, reference]) => {
      const own = selectRows(all, (row) => rows.portfolios[row] === portfolioId);
      const dataset = portfolioId !== '*' && own.labels.length >= LEAST_ROWS ? own : all;
      return [portfolioId, fillMixedTails(reference, dataset, config)];
    }),
  );
}
