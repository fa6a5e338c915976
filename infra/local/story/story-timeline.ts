// infra/local/story/story-timeline.ts: the story in a terminal: what happens while it plays, and the timeline at its end.
import colors from 'picocolors';
import type { StoryWeek } from './judge-story.ts';
import type { StoryEvent } from './operations.ts';
import type { StoryFigures } from './story-figures.ts';
import { storyDays, WEEK_DAYS, weekOf } from './story-plan.ts';

/** What is seen at the end of a week belongs to it. */
const endedWeek = (day: number): number => Math.ceil((day - storyDays.watched) / WEEK_DAYS);

type Say = (sentence: string) => void;

export function tellWeek(
  say: Say,
  { day, decided, champion }: { day: number; decided: number; champion: string },
): void {
  say(
    `week ${String(endedWeek(day)).padStart(2)}   ${decided.toLocaleString('en').padStart(8)} decided   ${champion}`,
  );
}

function describe(event: StoryEvent): string {
  switch (event.kind) {
    case 'drift':
      return colors.yellow(`drift seen (${event.cause})`);
    case 'trigger':
      return `retraining begins (${event.note})`;
    case 'refused':
      return `no challenger: ${event.why}`;
    case 'shadow':
      return `${event.modelVersion} passed every gate and shadows the champion`;
    case 'promoted':
      return colors.green(
        `${event.modelVersion} is champion, after ${event.shadowScores.toLocaleString('en')} scores in shadow`,
      );
  }
}

export const tellEvent = (say: Say, event: StoryEvent): void => say(`          ${describe(event)}`);

const BAR = 30;

function drawBar(value: number | null): string {
  if (value === null) return colors.dim('no fraud'.padEnd(BAR + 5));
  const filled = Math.round(value * BAR);
  return `${'█'.repeat(filled)}${colors.dim('·'.repeat(BAR - filled))} ${value.toFixed(2)}`;
}

const toEvents = (events: readonly StoryEvent[], week: number): string =>
  events
    .filter(({ day }) => endedWeek(day) === week)
    .map(describe)
    .join('; ');

function toLine({ week, frauds, loop, frozen }: StoryWeek, { events, changes }: StoryFigures): string {
  const change =
    changes && week === weekOf(storyDays.change) ? colors.red('the fraud changes its kind; ') : '';
  return `${String(week).padStart(4)} ${String(frauds).padStart(7)}  ${drawBar(loop)}  ${frozen === null ? '   –' : frozen.toFixed(2)}  ${change}${toEvents(events, week)}`;
}

const days = (value: number | null): string => (value === null ? 'never' : `${value} days`);

/** The whole story on one page. */
export function drawTimeline(figures: StoryFigures): string {
  const { weeks, averagePrecision: precision, daysAfterChange, ratios, changes } = figures;
  const after = changes
    ? [
        `After the change: first fraud of the new kind ${days(daysAfterChange.firstFraud)}, drift seen ${days(daysAfterChange.drift)}, retraining ${days(daysAfterChange.trigger)}, promotion ${days(daysAfterChange.promotion)}; first chargeback ${days(daysAfterChange.firstChargeback)}.`,
        `Last quarter: loop ${precision.loop.toFixed(3)}, frozen champion ${precision.frozen.toFixed(3)}, a model that knew every label ${precision.truth.toFixed(3)}; before the change ${precision.before.toFixed(3)}.`,
        `Loop ÷ before the change ${ratios.ofBefore} (at least .8), loop ÷ all labels ${ratios.ofTruth} (at least .9).`,
      ]
    : [`Without a change: ${figures.triggers} retrainings, ${figures.promotions} promotions.`];
  return [
    '',
    colors.bold('week  frauds  average precision of the loop         frozen'),
    ...weeks.map((week) => toLine(week, figures)),
    '',
    ...after,
    figures.held ? colors.green('The loop held.') : colors.red('The loop did not hold.'),
  ].join('\n');
}
