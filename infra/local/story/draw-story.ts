// infra/local/story/draw-story.ts: the story as one picture: average precision by week, the loop against the frozen champion, with what happened when.
import { colours, drawSvg } from '../../../shared/report/draw-svg.ts';
import type { StoryEvent } from './operations.ts';
import type { StoryFigures } from './story-figures.ts';
import { storyDays, WEEK_DAYS } from './story-plan.ts';

const names: Readonly<Record<StoryEvent['kind'], string>> = {
  drift: 'drift seen',
  trigger: 'retraining',
  refused: 'refused',
  shadow: 'in shadow',
  promoted: 'promoted',
};

const weeksAt = (day: number): number => (day - storyDays.watched) / WEEK_DAYS;

/** Marks that stand near each other are written below each other. */
function toMarks({ events, changes, daysAfterChange }: StoryFigures) {
  const change = changes ? [{ week: weeksAt(storyDays.change), name: 'fraud changes' }] : [];
  const { firstChargeback } = daysAfterChange;
  const chargeback =
    firstChargeback === null || !changes
      ? []
      : [{ week: weeksAt(storyDays.change + firstChargeback), name: 'first chargeback' }];
  const done = events
    .filter(({ kind }) => kind === 'drift' || kind === 'promoted')
    .map(({ kind, day }) => ({ week: weeksAt(day), name: names[kind] }));
  return [...change, ...done, ...chargeback]
    .sort((left, right) => left.week - right.week)
    .map((mark, index) => ({ ...mark, height: 1 - 0.05 * (index % 8) }));
}

/** @returns an SVG element */
export function drawStory(figures: StoryFigures): Promise<string> {
  const lines = figures.weeks.flatMap(({ week, loop, frozen }) => [
    { week, value: loop, line: 'the loop' },
    { week, value: frozen, line: 'the champion of before, frozen' },
  ]);
  const marks = toMarks(figures);
  const x = {
    field: 'week',
    type: 'quantitative',
    axis: { title: 'week', tickCount: 16 },
    scale: { nice: false },
  } as const;
  return drawSvg({
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    width: 860,
    height: 360,
    layer: [
      {
        data: { values: marks },
        mark: { type: 'rule', strokeDash: [3, 3], color: colours.muted },
        encoding: { x },
      },
      {
        data: { values: marks },
        mark: { type: 'text', align: 'left', dx: 4, fontSize: 10, color: colours.muted },
        encoding: {
          x,
          y: { field: 'height', type: 'quantitative', scale: { domain: [0, 1] } },
          text: { field: 'name' },
        },
      },
      {
        data: { values: lines },
        mark: { type: 'line', point: { size: 20 } },
        encoding: {
          x,
          y: {
            field: 'value',
            type: 'quantitative',
            axis: { title: 'average precision of the week, against the truth' },
          },
          color: {
            field: 'line',
            type: 'nominal',
            sort: null,
            legend: { orient: 'bottom', labelLimit: 300 },
          },
        },
      },
    ],
  });
}
