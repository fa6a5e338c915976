// infra/local/story/story-figures.ts: what a story came to: precision before and after, days from the change to each step, and whether it held.
import type { StoryJudgement } from './judge-story.ts';
import type { StoryEvent } from './operations.ts';
import { type StoryOptions, storyDays } from './story-plan.ts';
import type { StoryTruth } from './story-world.ts';

/** The loop's average precision in the last quarter against its own before the change, and against a model that knew all. */
const HELD = { ofBefore: 0.8, ofTruth: 0.9 } as const;

export interface StoryFigures extends StoryOptions, StoryJudgement {
  readonly events: readonly StoryEvent[];
  /** Days after the change; null: never. */
  readonly daysAfterChange: Readonly<
    Record<'firstFraud' | 'drift' | 'trigger' | 'promotion' | 'firstChargeback', number | null>
  >;
  readonly ratios: { readonly ofBefore: number; readonly ofTruth: number };
  readonly triggers: number;
  readonly promotions: number;
  /** With a change: precision came back, and drift was seen before the first chargeback. Without: nothing was triggered or promoted. */
  readonly held: boolean;
  readonly seconds: number;
}

const places = (value: number, count: number): number => Number(value.toFixed(count));

export function toFigures(parts: {
  readonly options: StoryOptions;
  readonly judgement: StoryJudgement;
  readonly events: readonly StoryEvent[];
  readonly truth: StoryTruth;
  readonly seconds: number;
}): StoryFigures {
  const { options, judgement, events, truth, seconds } = parts;
  const count = (kind: StoryEvent['kind']): number => events.filter((event) => event.kind === kind).length;
  const after = (day: number | undefined): number | null =>
    day === undefined ? null : places(day - storyDays.change, 1);
  const firstOf = (kind: StoryEvent['kind']): number | null =>
    after(events.find((event) => event.kind === kind && event.day > storyDays.change)?.day);
  const daysAfterChange = {
    firstFraud: after(truth.firstNewFraud),
    drift: firstOf('drift'),
    trigger: firstOf('trigger'),
    promotion: firstOf('promoted'),
    firstChargeback: after(truth.firstNewChargeback),
  };
  const { before, loop, truth: known } = judgement.averagePrecision;
  const ratios = { ofBefore: places(loop / before, 3), ofTruth: places(loop / known, 3) };
  const [triggers, promotions] = [count('trigger'), count('promoted')];
  const isBack = ratios.ofBefore >= HELD.ofBefore && ratios.ofTruth >= HELD.ofTruth;
  const isEarly =
    daysAfterChange.drift !== null &&
    daysAfterChange.drift < (daysAfterChange.firstChargeback ?? Number.POSITIVE_INFINITY);
  return {
    ...options,
    ...judgement,
    events,
    daysAfterChange,
    ratios,
    triggers,
    promotions,
    held: options.changes ? isBack && isEarly : triggers === 0 && promotions === 0,
    seconds: places(seconds, 0),
  };
}
