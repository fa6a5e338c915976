// test/quality/programs/gates.ts: `npm run quality -- gates [part of a challenger's name …]`: what becomes of good, bad and poisoned challengers; exits 1 when a harmful one is promoted, or the good one is not.
import { gateChallengers } from '../gate-challengers.ts';
import { type GateResult, type GatesPlan, runGates } from '../gates.ts';
import { say } from '../say.ts';

/** Lost average precision, and lost recall at the poisoned merchant, that count as harm. */
const HARM = { averagePrecision: 0.01, recall: 0.05 } as const;

const plan: GatesPlan = {
  simulation: {
    seed: 46_000_001,
    cards: 1_500,
    days: 142,
    startTime: '2026-01-01T00:00:00.000Z',
    fraudRate: 0.02,
    appliedEvents: false,
  },
  championDay: 92,
  challengerDay: 128,
  judgedDays: 14,
  labelDelayDays: 14,
  championWindows: [30, 10, 10],
  challengerWindows: [44, 14, 14],
  reviewShare: 0.02,
};

const show = (value: number | undefined): string => (value === undefined ? '–' : value.toFixed(3));

/** What it does to the stream, held against the clean one. */
function harmOf(result: GateResult, clean: GateResult | undefined): string[] {
  const lost = (clean?.averagePrecision ?? 0) - (result.averagePrecision ?? 0);
  const lostRecall = (result.cleanMerchantRecall ?? 0) - (result.merchantRecall ?? 0);
  return [
    ...(lost > HARM.averagePrecision ? [`loses ${lost.toFixed(3)} of average precision`] : []),
    ...(lostRecall > HARM.recall ? [`loses ${lostRecall.toFixed(3)} of recall at the merchant`] : []),
  ];
}

export async function run(parts: readonly string[] = []): Promise<void> {
  const isWanted = (name: string): boolean =>
    parts.length === 0 || name === 'clean' || parts.some((part) => name.includes(part));
  const challengers = gateChallengers.filter(({ name }) => isWanted(name));
  const { results, judge, flippedFiles } = await runGates(plan, challengers, (text) =>
    process.stderr.write(`${text}\n`),
  );
  const [clean] = results;
  say(
    `judged by truth: ${judge.rows} later rows, ${judge.frauds} frauds, ${judge.fraudsAt.join(' and ')} at the merchants`,
  );
  say('\n| challenger | outcome | true AP | recall at the merchant (clean) | why |\n|---|---|---|---|---|');
  for (const { name, outcome, averagePrecision, merchantRecall, cleanMerchantRecall, reasons } of results) {
    const recall =
      merchantRecall === undefined ? '–' : `${show(merchantRecall)} (${show(cleanMerchantRecall)})`;
    say(`| ${name} | ${outcome} | ${show(averagePrecision)} | ${recall} | ${reasons.join(' ')} |`);
  }
  for (const { file, refusedWith } of flippedFiles)
    say(`| one bit of ${file} flipped | ${refusedWith ?? 'NOT REFUSED'} | – | – | |`);
  const harmful = results
    .filter(({ outcome }) => outcome === 'promoted')
    .flatMap((result) => harmOf(result, clean).map((harm) => `${result.name}: promoted, and ${harm}`));
  const unseen = flippedFiles.filter(({ refusedWith }) => refusedWith === undefined);
  const isGoodPromoted = clean?.outcome === 'promoted';
  say(
    `\nthe clean one is ${clean?.outcome}; harmful and promoted: ${harmful.length}; flipped files let through: ${unseen.length}`,
  );
  for (const harm of harmful) say(`  ${harm}`);
  if (!isGoodPromoted || harmful.length > 0 || unseen.length > 0) process.exitCode = 1;
}
