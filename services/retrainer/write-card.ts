// services/retrainer/write-card.ts: the model card of a retrained version: what it was made from, how it compares, what each gate said.
import type { Evaluation } from '../../shared/evaluation/evaluate.ts';
import { windowNames } from '../../shared/training-set/windows.ts';
import { show } from './gates/gate.ts';
import type { WithVerdicts } from './state.ts';

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

function figuresOf(name: string, evaluation: Evaluation): string {
  const { averagePrecision, areaUnderCurve, cardPrecision, review, calibration } = evaluation;
  const cells = [
    averagePrecision.value,
    areaUnderCurve.value,
    cardPrecision.value,
    review.recall,
    calibration?.brier ?? Number.NaN,
  ];
  return `| ${name} | ${cells.map(show).join(' | ')} |`;
}

/** Markdown. Says nothing that differs between two runs on the same snapshot. */
export function writeCard(state: WithVerdicts, modelVersion: string): string {
  const { set, facts, champion, verdicts, settings, isWarmStarted } = state;
  const { difference } = facts.comparison.averagePrecision;
  const windows = windowNames.map((name) => {
    const { fromMs, untilMs, asOfMs } = set.windows[name];
    const { rows, frauds, fraudRate } = facts.windows[name];
    return `| ${name} | ${day(fromMs)} – ${day(untilMs)} | ${day(asOfMs)} | ${rows} | ${frauds} | ${show(fraudRate)} |`;
  });
  const gates = verdicts.map(
    ({ gate, passed, sentence }) =>
      `| ${gate} | ${passed ? 'passed' : 'refused'} | ${gate === 'latency' ? 'see the run' : sentence} |`,
  );
  return `# ${modelVersion}

Retrained from ${champion.manifest.modelVersion}: heads, calibrators and thresholds; encoder and population references are the parent's.
The full head ${isWarmStarted ? 'went on from the parent’s' : 'was fitted anew'}. Snapshot ${set.snapshotId}, cut ${set.cut.toISOString()}, seed ${settings.seed}.

## Data

| window | event days | labels as known on | rows | known frauds | fraud rate |
|---|---|---|---|---|---|
${windows.join('\n')}

## On the test window

| | average precision | AUC | CP@100 | recall at review capacity | Brier |
|---|---|---|---|---|---|
${figuresOf('this version', facts.challenger)}
${figuresOf('parent', facts.champion)}

Difference of average precision ${show(difference.value)}, 95 % interval ${show(difference.lower)} to ${show(difference.upper)} (bootstrap over cards).

## Gates

| gate | verdict | |
|---|---|---|
${gates.join('\n')}
`;
}
