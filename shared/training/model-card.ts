// shared/training/model-card.ts: the model card of a first champion, Markdown, from its report.
import type { BootstrapResult } from './bootstrap.ts';

export interface ModelCardSource extends BootstrapResult {
  readonly modelVersion: string;
  readonly createdAt: string;
}

const asShare = (share: number): string => `${(share * 100).toFixed(share < 0.01 ? 3 : 1)} %`;
const asFigure = (value: number): string => (Number.isFinite(value) ? value.toFixed(3) : '–');

function toTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, header.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** What it is, what it was made from, how it did, and what it must not be used for. */
export function writeModelCard({
  modelVersion,
  createdAt,
  encoder,
  thresholds,
  report,
}: ModelCardSource): string {
  const { sizes, windows } = report;
  const windowRows = (['training', 'calibration', 'heldOut'] as const).map((name) => [
    name === 'heldOut' ? 'held out' : name,
    String(windows[name].rows),
    String(windows[name].frauds),
    asShare(windows[name].fraudRate),
  ]);
  const judgements = Object.entries(report.heldOut).map(([name, judgement]) => [
    name,
    asFigure(judgement.averagePrecision),
    asFigure(judgement.areaUnderCurve),
    asShare(judgement.recallAtBudget),
  ]);
  const typologies = Object.entries(report.typologies).map(([name, { frauds, found }]) => [
    name,
    String(frauds),
    asShare(found / frauds),
  ]);
  return `# ${modelVersion}

A first champion: encoder ${encoder.encoderVersion} (${encoder.config.name}, pretrained without labels) with a fusion head, made ${createdAt.slice(0, 10)}.

## What it is for

Demonstration, tests, and the first hours on a new portfolio until a head is trained on its own labels. Every figure below comes
from **simulated** portfolios: it says that the parts work together, not how much fraud will be found in anyone's traffic.

## What it was made from

${sizes.trainingPortfolios} simulated portfolios of ${sizes.cards} cards over ${sizes.days} days (seeds from ${sizes.seed}), ${report.transactions} transactions with the held-out ones.
Rows begin after ${sizes.coldDays} days, population references are made from the first ${sizes.warmUpDays}; the last ${sizes.calibrationDays} calibrate. One genuine transaction in ${sizes.genuineEvery} is a row.
${sizes.heldOutPortfolios} portfolios of other seeds are held out for the figures. Labels reach histories with the simulator's delays.

${toTable(['window', 'rows', 'frauds', 'frauds per transaction'], windowRows)}

Scores are probabilities at the fraud rate of the calibration window; where fraud is rarer they are too high and the order still
holds. Mean score on the held-out portfolios: ${asShare(report.heldOutMeanScore)} at ${asShare(windows.heldOut.fraudRate)} fraud.

## How it did on held-out portfolios

${toTable(['head sees', 'average precision', 'AUC', `recall at ${asShare(report.budget.reviewShare)} review`], judgements)}

Review from a score of ${thresholds.reviewAbove.toPrecision(3)} (${asShare(report.heldOutReviewShare)} of the held-out transactions), decline from ${thresholds.declineAbove.toPrecision(3)}.

${toTable(['typology', 'frauds', 'found at the review threshold'], typologies)}

## Limits

- Never seen real traffic. The simulator knows nothing of any scheme, issuer or country beyond its own tables.
- The mixed population reference \`*\` stands in for portfolios without one of their own; make one with \`fraudctl reference\`.
- No input identifies a person; names, sex, age and nationality are never inputs.

Made by \`fraudctl bootstrap --encoder ${encoder.config.name} --seed ${sizes.seed}\`.
`;
}
