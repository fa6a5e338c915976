// test/infra/local/story.test.ts: the retraining story's own arithmetic: the same world before the change, figures that can fail, a timeline that names what happened.
import { expect, test } from 'vitest';
import { parseOptions } from '../../../infra/local/options.ts';
import { drawStory } from '../../../infra/local/story/draw-story.ts';
import type { StoryJudgement } from '../../../infra/local/story/judge-story.ts';
import type { StoryEvent } from '../../../infra/local/story/operations.ts';
import { toFigures } from '../../../infra/local/story/story-figures.ts';
import { storyDays, storySimulation } from '../../../infra/local/story/story-plan.ts';
import { drawTimeline } from '../../../infra/local/story/story-timeline.ts';
import { createStoryWorld } from '../../../infra/local/story/story-world.ts';
import { drawTraits } from '../../../shared/simulation/simulation.ts';

const options = { seed: 3, cards: 12, changes: true };
const judgement: StoryJudgement = {
  weeks: [
    { week: 1, transactions: 100, frauds: 4, loop: 0.7, frozen: 0.7 },
    { week: 17, transactions: 100, frauds: 0, loop: null, frozen: null },
  ],
  averagePrecision: { before: 0.7, loop: 0.6, frozen: 0.1, truth: 0.65 },
  transactions: 200,
  frauds: 4,
};
const change = storyDays.change;
const events: StoryEvent[] = [
  { kind: 'drift', day: change + 14, cause: 'input: event-category-22' },
  { kind: 'trigger', day: change + 14, note: 'drift' },
  { kind: 'promoted', day: change + 21, modelVersion: 'new', shadowScores: 20 },
];
const truth = { frauds: new Set<string>(), firstNewFraud: change + 1, firstNewChargeback: change + 30 };
const figuresOf = (changed: Partial<Parameters<typeof toFigures>[0]> = {}) =>
  toFigures({ options, judgement, events, truth, seconds: 1, ...changed });

test('a story and its control tell the same lines until the day of the change, and other ones afterwards', () => {
  const story = createStoryWorld(options);
  const control = createStoryWorld({ ...options, changes: false });
  expect(story.tellUntil(change)).toEqual(control.tellUntil(change));
  const [later, same] = [story.tellUntil(storyDays.end), control.tellUntil(storyDays.end)];
  expect(later).not.toEqual(same);
  expect(story.truth().firstNewFraud).toBeGreaterThanOrEqual(change);
  expect(control.truth().firstNewFraud).toBeUndefined();
});

test('every seed plays on a portfolio that says how cards are read and by which device', () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const [traits] = drawTraits(storySimulation({ ...options, seed }));
    expect(traits?.fields).toContain('deviceId');
    expect(traits?.fields).toContain('entryMode');
  }
});

test('the days from the change to drift, retraining and promotion are told', () => {
  const { daysAfterChange, triggers, promotions, held } = figuresOf();
  expect(daysAfterChange).toEqual({
    firstFraud: 1,
    drift: 14,
    trigger: 14,
    promotion: 21,
    firstChargeback: 30,
  });
  expect({ triggers, promotions, held }).toEqual({ triggers: 1, promotions: 1, held: true });
});

test('a loop does not hold when precision stays low, or when the first chargeback tells before drift does', () => {
  const low = { ...judgement, averagePrecision: { ...judgement.averagePrecision, loop: 0.5 } };
  expect(figuresOf({ judgement: low }).held).toBe(false);
  expect(figuresOf({ truth: { ...truth, firstNewChargeback: change + 10 } }).held).toBe(false);
  expect(figuresOf({ events: events.filter(({ kind }) => kind !== 'drift') }).held).toBe(false);
});

test('a control holds only while nothing is triggered or promoted ', () => {
  const control = { options: { ...options, changes: false } };
  expect(figuresOf({ ...control, events: [] }).held).toBe(true);
  expect(figuresOf(control).held).toBe(false);
});

test('timeline and picture name the change, the drift and the promotion', async () => {
  const weeks = Array.from({ length: 32 }, (_, index) => index + 1).map((week) => ({
    week,
    transactions: 9,
    frauds: 1,
    loop: 0.5,
    frozen: 0.1,
  }));
  const page = drawTimeline(figuresOf({ judgement: { ...judgement, weeks } }));
  for (const words of ['the fraud changes its kind', 'drift seen', 'new is champion', 'After the change']) {
    expect(page).toContain(words);
  }
  const picture = await drawStory(figuresOf());
  for (const words of ['fraud changes', 'drift seen', 'promoted', 'first chargeback']) {
    expect(picture).toContain(words);
  }
});

test('a story has its own payments and its own end: other sources and ends are refused', () => {
  expect(parseOptions(['--story', 'retraining', '--no-change']).story).toBe('retraining');
  expect(() => parseOptions(['--no-change'])).toThrow('--story');
  expect(() => parseOptions(['--story', 'retraining', '--seconds', '5'])).toThrow('--seconds');
  expect(() => parseOptions(['--story', 'romance'])).toThrow('story');
});
