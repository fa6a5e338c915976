// shared/training/encoder-card.ts: the model card of a pretrained encoder, from its manifest.
import { PRETRAINED_FILES, type PretrainedManifest } from '../encoder/pretrained.ts';
import { taskNames } from './next-event.ts';

const cell = (value: unknown): string => String(value).replaceAll('|', '\\|');
const nats = (value: number | undefined): string => (value === undefined ? '' : value.toFixed(3));

function factTable(facts: Readonly<Record<string, unknown>>): string {
  const rows = Object.entries(facts).map(([name, value]) => `| ${cell(name)} | ${cell(value)} |`);
  return ['| | |', '|---|---|', ...rows].join('\n');
}

type BothLosses = Pick<PretrainedManifest, 'heldOutLosses' | 'baselineLosses'>;

function lossTable({ heldOutLosses, baselineLosses }: BothLosses): string {
  const rows = taskNames.map(
    (task) => `| ${task} | ${nats(heldOutLosses[task])} | ${nats(baselineLosses[task])} |`,
  );
  return ['| task | encoder | frequencies alone |', '|---|---|---|', ...rows].join('\n');
}

const accountSection = ({ accounts }: PretrainedManifest): string =>
  accounts
    ? `
On the accounts' own histories of statements and repayments, of portfolios that were not trained on (no category, entry mode or merchant there to forecast):

${lossTable(accounts)}
`
    : '';

/** Markdown. */
export function writeEncoderCard(manifest: PretrainedManifest): string {
  const { config, files } = manifest;
  const digests = Object.entries(files).map(
    ([file, { sha256, bytes }]) => `| ${file} | ${bytes.toLocaleString('en')} | \`${sha256}\` |`,
  );
  return `# Encoder ${manifest.encoderVersion}

Causal transformer over the transactions of one card: width ${config.width}, ${config.layers} layers, ${config.heads} heads, feed-forward ${config.feedForward}, ${config.window} positions.
Its one pass gives three readings: the embedding, forecasts of the next transaction, and the surprise of this one and of the last sixteen.

## Data

No label was used. The traffic:

${factTable(manifest.data)}

## Objective

${manifest.objective}
Fields are dropped at random, for whole windows and for single events, so that the encoder works on portfolios that lack them.

Made again by:

\`\`\`
${manifest.command}
\`\`\`

${factTable(manifest.settings)}

## Metrics

Mean loss per next event, in nats, on traffic that was not trained on; beside it what a forecaster loses that knows only how often each value occurs.

${lossTable(manifest)}
${accountSection(manifest)}
![loss curves](${PRETRAINED_FILES.curves})

## Limits

- It was trained on the traffic named above and on nothing else. What it learnt of habits there need not hold elsewhere: continue the pretraining on your own unlabelled traffic (\`fraudctl pretrain --input … --start-from ${config.name}\`) before you judge it.
- It sees one card's last ${config.window} events. Merchants, accounts and labels reach the score through features, not through the encoder.
- Its readings are inputs of a head, not scores. Surprise is not fraud.
- No names, addresses, card numbers, merchant or customer identities are inputs.

## Files

| file | bytes | SHA-256 |
|---|---|---|
${digests.join('\n')}
`;
}
