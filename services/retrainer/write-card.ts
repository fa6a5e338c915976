// services/retrainer/write-card.ts: the model card of a retrained version: what it was made from, how it compares, what each gate said; with pictures.
import type { AblationTable } from '../../shared/evaluation/ablation.ts';
import {
  ablationSection,
  evaluationSections,
  formatEstimate,
  toHeadlines,
} from '../../shared/report/evaluation-report.ts';
import { type ReportSection, toHtml } from '../../shared/report/html-report.ts';
import { toMarkdown } from '../../shared/report/markdown-report.ts';
import type { ModelCard } from '../../shared/training/assemble-version.ts';
import { windowNames } from '../../shared/training-set/windows.ts';
import { show } from './gates/gate.ts';
import type { WithVerdicts } from './state.ts';

/** Of the HTML page among the files of the version; the Markdown's is the manifest's `modelCard`. */
export const CARD_PAGE = 'model-card.html';

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

function describeParts({
  set,
  champion,
  encoder,
  settings,
  isWarmStarted,
  backend,
}: WithVerdicts): ReportSection {
  const isOwnEncoder = settings.mode !== 'head';
  return {
    heading: 'Made from',
    text: 'Scores payments as fraud or genuine for the scorer of this package; a score is a probability, calibrated on the window below. Not for judging people or their credit.',
    table: {
      columns: ['', ''],
      rows: [
        ['parent', champion.manifest.modelVersion],
        [
          'of the parent',
          isOwnEncoder ? 'nothing: its encoder went on learning' : 'encoder and population references',
        ],
        [
          'of its own',
          `${isOwnEncoder ? `encoder (mode ${settings.mode}), tails of the references, ` : ''}heads, calibrators, thresholds`,
        ],
        ['full head', isWarmStarted ? 'went on from the parent’s' : 'fitted anew'],
        ['encoder', encoder.encoderVersion],
        ['data snapshot', set.snapshotId],
        ['nothing known later than', set.cut.toISOString()],
        ['seed', String(settings.seed)],
        ['backend', backend.name],
      ],
    },
  };
}

function describeData({ set, facts }: WithVerdicts): ReportSection {
  const rows = windowNames.map((name) => {
    const { fromMs, untilMs, asOfMs } = set.windows[name];
    const { rows: count, frauds, fraudRate } = facts.windows[name];
    return [name, `${day(fromMs)} – ${day(untilMs)}`, day(asOfMs), count, frauds, fraudRate];
  });
  return {
    heading: 'Data',
    table: {
      columns: ['window', 'event days', 'labels as known on', 'rows', 'known frauds', 'fraud rate'],
      rows,
    },
  };
}

function describeGates({ verdicts }: WithVerdicts): ReportSection {
  return {
    heading: 'Gates',
    table: {
      columns: ['gate', 'verdict', ''],
      rows: verdicts.map(({ gate, passed, sentence }) => [
        gate,
        passed ? 'passed' : 'refused',
        // A measured time would make two runs on the same snapshot differ.
        gate === 'latency' ? 'see the run' : sentence,
      ]),
    },
  };
}

/**
 * Markdown with pictures beside it, and a page that holds them. Says nothing that differs between two runs on the same snapshot.
 * @param further sections of other measurements, shown before the gates
 */
export async function writeCard(
  state: WithVerdicts,
  ablation: AblationTable,
  further: readonly ReportSection[] = [],
): Promise<(modelVersion: string) => ModelCard> {
  const { challenger, champion, comparison } = state.facts;
  const { difference } = comparison.averagePrecision;
  const [figures, ...parts] = await evaluationSections({ 'this version': challenger, parent: champion });
  const ablated = await ablationSection(ablation);
  const sections: ReportSection[] = [
    describeParts(state),
    describeData(state),
    {
      ...figures,
      heading: 'On the test window',
      text: `Both on the same rows. Difference of average precision to the parent ${formatEstimate(difference)}, 95 % interval by bootstrap over cards.`,
    },
    ...parts,
    {
      ...ablated,
      text: `${ablated.text ?? ''} Inputs left out stand at their mean of the training window; only the features-only head was fitted on its own.`,
    },
    ...further,
    describeGates(state),
  ];
  return (modelVersion) => {
    const report = {
      title: modelVersion,
      subtitle: `Model card. Retrained from ${state.champion.manifest.modelVersion}, snapshot ${state.set.snapshotId.slice(0, 12)}; average precision ${show(challenger.averagePrecision.value)}, the parent’s ${show(champion.averagePrecision.value)}.`,
      headlines: toHeadlines(challenger),
      sections,
    };
    const { text, pictures } = toMarkdown(report, 'card');
    const toBytes = (content: string) => new TextEncoder().encode(content);
    const pages: [string, string][] = [[CARD_PAGE, toHtml(report)], ...pictures];
    return { markdown: text, files: new Map(pages.map(([name, content]) => [name, toBytes(content)])) };
  };
}
