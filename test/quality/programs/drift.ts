// test/quality/programs/drift.ts: `npm run quality -- drift`: replays whose fraud changes and replays whose fraud stays: when is drift seen, how often for nothing?
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createOnnxEncoder } from '../../../shared/encoder/onnx-encoder.ts';
import { loadShipped } from '../../../shared/registry/shipped-champion.ts';
import { createChampion } from '../../../shared/scoring/champion.ts';
import { type DriftTrial, runDriftTrial } from '../drift-trial.ts';
import { say } from '../say.ts';

export const HELP = `--seeds 20   trials with a change, and as many without
--from 201   first seed; the limits were chosen on others (900 to 903)
--cards 200  cards per portfolio
--kinds card-testing,compromised-terminal,mule-transfers   fraud after the change; all other kinds before
--factor 3   fraud after the change against before
--checkpoint FILE   finished trials are kept there, and not run again`;

const tell = (days: number | undefined): string =>
  (days === undefined ? 'never' : days.toFixed(1)).padStart(6);

/** Median; what never came counts as later than everything. */
function medianOf(days: readonly (number | undefined)[]): number {
  const sorted = days.map((day) => day ?? Number.POSITIVE_INFINITY).sort((left, right) => left - right);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}

function readTrials(file: string | undefined): DriftTrial[] {
  return file && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
}

function report(trials: readonly DriftTrial[]): void {
  say('seed    rows   fraud  signal  chargeback  (days since the change)  cause');
  for (const { seed, rows, firstFraud, signal, firstChargeback, cause, falseSignal } of trials) {
    const note = falseSignal === undefined ? '' : `   FALSE: ${falseSignal}`;
    say(
      `${String(seed).padStart(4)}  ${String(rows).padStart(6)}  ${tell(firstFraud)}  ${tell(signal)}  ${tell(firstChargeback)}   ${cause ?? ''}${note}`,
    );
  }
  const falseSignals = trials.filter(({ falseSignal }) => falseSignal !== undefined).length;
  const earlier = trials.filter(
    ({ signal, firstChargeback }) =>
      signal !== undefined && signal < (firstChargeback ?? Number.POSITIVE_INFINITY),
  );
  const medians = {
    signal: medianOf(trials.map(({ signal }) => signal)),
    chargeback: medianOf(trials.map(({ firstChargeback }) => firstChargeback)),
  };
  say(`replays without a change that triggered: ${falseSignals} of ${trials.length} (goal: at most 1)`);
  say(`replays with a change seen before its first chargeback: ${earlier.length} of ${trials.length}`);
  say(
    `median: signal ${medians.signal.toFixed(1)} days, first chargeback ${medians.chargeback.toFixed(1)} days after the change: ${medians.signal < medians.chargeback ? 'earlier' : 'NOT EARLIER'}`,
  );
}

/** Prints a row per seed and the two figures. */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string', default: '20' },
      from: { type: 'string', default: '201' },
      cards: { type: 'string', default: '200' },
      kinds: { type: 'string', default: 'card-testing,compromised-terminal,mule-transfers' },
      factor: { type: 'string', default: '3' },
      checkpoint: { type: 'string' },
    },
  });
  const champion = createChampion(await loadShipped());
  const encoder = await createOnnxEncoder({ ...champion.encoderParts, provider: 'cpu' });
  const trials = readTrials(values.checkpoint);
  try {
    for (let seed = Number(values.from); seed < Number(values.from) + Number(values.seeds); seed++) {
      if (trials.some((trial) => trial.seed === seed)) continue;
      const model = { champion, encoder };
      const options = {
        seed,
        cards: Number(values.cards),
        kinds: values.kinds.split(','),
        rateFactor: Number(values.factor),
        model,
      };
      const trial = await runDriftTrial(options);
      trials.push(trial);
      if (values.checkpoint) writeFileSync(values.checkpoint, JSON.stringify(trials));
      process.stderr.write(`${JSON.stringify(trial)}\n`);
    }
  } finally {
    await encoder.close();
  }
  report(trials);
}
