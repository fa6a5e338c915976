// services/retrainer/stages/fit.ts: both heads on the training window, from stored readings; the full one goes on from the champion's.

import { selectColumns } from '../../../shared/head/fit-head.ts';
import { parseHead, toHeadBytes } from '../../../shared/head/head-bytes.ts';
import { featuresOnlyInputs } from '../../../shared/head/head-inputs.ts';
import type { HeadWeights } from '../../../shared/head/head-weights.ts';
import { readHeadGraph } from '../../../shared/head/read-head-graph.ts';
import { fitMlpHead } from '../../../shared/training/fit-mlp.ts';
import { windowRows } from '../../../shared/training-set/training-set.ts';
import type { WithHeads, WithSet } from '../state.ts';

const HIDDEN = [128, 64] as const;
/** Smaller: this head also runs in plain arithmetic. */
const FEATURES_ONLY_HIDDEN = [96, 48] as const;
/** Passes over the training window, at most. On simulated portfolios ten made a head that went on forget (AP .64 and .29 where three gave .73 and .37). */
const PASSES = { least: 2, anew: 10, goingOn: 3 } as const;
/** A head that goes on must not forget at once what it knew. */
const WARM_RATE = 8e-4;
/** Large sets take larger steps: the same rows in half the time. */
const LARGE_SET = 300_000;

/** As in the bootstrap: divergences compare with the population reference and mean something else in every portfolio. */
const shared = {
  inputDropout: 0.3,
  emphasis: { 'forecast-amount-divergence': 0, 'forecast-hour-divergence': 0 },
} as const;

interface FitKind {
  readonly name: 'full' | 'features-only';
  readonly seed: number;
  readonly hidden: readonly number[];
  readonly start: HeadWeights | undefined;
}

export async function fit(state: WithSet): Promise<WithHeads> {
  const { settings, set, champion, championVersion } = state;
  const { heads } = champion.manifest;
  const rows = windowRows(set, 'training');
  const start = readHeadGraph(
    championVersion.files.get(heads.full.file) ?? new Uint8Array(),
    heads.full.inputs,
  );
  const isFeature = (name: string): boolean => featuresOnlyInputs.includes(name);
  const full = await fitOnce(state, rows, { name: 'full', seed: settings.seed, hidden: HIDDEN, start });
  const featuresOnly = await fitOnce(state, selectColumns(rows, isFeature), {
    name: 'features-only',
    seed: settings.seed + 1,
    hidden: FEATURES_ONLY_HIDDEN,
    start: parseHead(championVersion.files.get(heads.featuresOnly.file) ?? new Uint8Array()),
  });
  return { ...state, heads: { full, featuresOnly }, isWarmStarted: start !== undefined };
}

/** Fitted once per run: a run that goes on reads what it fitted before. */
async function fitOnce(
  { backend, settings, files, onProgress }: WithSet,
  rows: Parameters<typeof fitMlpHead>[1],
  { name, seed, hidden, start }: FitKind,
): Promise<HeadWeights> {
  const file = `head-${name}.json`;
  const before = await files.read(file);
  if (before) return parseHead(before);
  const count = rows.labels.length;
  const epochs = Math.max(
    PASSES.least,
    Math.min(start ? PASSES.goingOn : PASSES.anew, Math.round(settings.rowsSeen / count)),
  );
  const head = await fitMlpHead(backend.tf, rows, {
    ...shared,
    seed,
    hidden,
    epochs,
    ...(count > LARGE_SET && { batchRows: 2048 }),
    ...(start && { start, learningRate: WARM_RATE }),
    onProgress: (share) => onProgress(`fit ${name}`, share),
  });
  await files.write(file, toHeadBytes(head));
  return head;
}
