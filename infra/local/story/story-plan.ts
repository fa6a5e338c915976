// infra/local/story/story-plan.ts: the days of the retraining story, the fraud before and after its change, and how the loop is set up.
import { drawTraits, type SimulationOptions } from '../../../shared/simulation/simulation.ts';

export const DAY_MS = 86_400_000;
export const WEEK_DAYS = 7;

/** Days since the start of the simulated world. */
export const storyDays = {
  /** Before it, payments only fill the histories; young histories drift by themselves. */
  watched: 90,
  /** Halfway: the kinds of fraud change. */
  change: 90 + 16 * WEEK_DAYS,
  end: 90 + 32 * WEEK_DAYS,
} as const;

/** From here to the end the loop is held against what it was before the change. */
export const lastQuarterFrom: number = storyDays.end - (storyDays.end - storyDays.watched) / 4;

/** What acts before the change: physical theft, tested cards, accounts taken over. */
const BEFORE = ['stolen-card', 'card-testing', 'account-takeover'] as const;
/** What takes their place: a kind that no shipped model has seen. */
export const NEW_KIND = 'wallet-takeover';
const FRAUD_RATE = 0.01;
/** The new wave against what it replaces. */
const WAVE = 4;
/** Cardholders who see every payment on their phone report in days. */
const REPORT_DELAY = 1 / 3;
export const STORY_START = '2025-01-01T00:00:00.000Z';

/** Some 200,000 decided payments in all. */
export const STORY_CARDS = 500;

export interface StoryOptions {
  readonly seed: number;
  readonly cards: number;
  /** False: the control, whose fraud stays as it was. */
  readonly changes: boolean;
}

/** Portfolios that say how a card was read and by which device: what the wave can be told by. */
function choosePortfolio(seed: number): number {
  for (let candidate = seed * 1_000; ; candidate += 1) {
    const [traits] = drawTraits({ seed: candidate, cards: 1, domain: 'mixed' });
    const hasFields = traits?.fields.has('deviceId') && traits.fields.has('entryMode');
    if (hasFields && traits && traits.transactionsPerDay > 1) return candidate;
  }
}

/** The world of a story; the same up to the day of the change, whether it comes or not. */
export function storySimulation({ seed, cards, changes }: StoryOptions): SimulationOptions {
  const change = { fromDay: storyDays.change, typologies: [NEW_KIND], rateFactor: WAVE };
  return {
    seed: choosePortfolio(seed),
    cards,
    domain: 'mixed',
    fraudRate: FRAUD_RATE,
    startTime: STORY_START,
    days: storyDays.end,
    reportDelayFactor: REPORT_DELAY,
    fraudPhases: [{ fromDay: 0, typologies: BEFORE }, ...(changes ? [change] : [])],
  };
}

/** Instant of a day of the story, ms. */
export const toMs = (day: number): number => Date.parse(STORY_START) + day * DAY_MS;
/** Day of an instant. */
export const toDay = (ms: number): number => (ms - Date.parse(STORY_START)) / DAY_MS;
/** Weeks since payments are decided, from 1. */
export const weekOf = (day: number): number => Math.floor((day - storyDays.watched) / WEEK_DAYS) + 1;

/** Settings of the story's retrainer (services/retrainer/service-config.ts and config.ts); the rest as shipped. */
export const retrainerEnvironment: Readonly<Record<string, string>> = {
  FRAUD_RETRAIN_LABEL_DELAY_DAYS: '7',
  FRAUD_RETRAIN_CALIBRATION_DAYS: '7',
  FRAUD_RETRAIN_TEST_DAYS: '14',
  FRAUD_RETRAIN_TRAINING_DAYS: '60',
  FRAUD_RETRAIN_HEAD: 'auto',
  // One genuine row in four, weighing for all: a quarter of the time.
  FRAUD_RETRAIN_GENUINE_SHARE: '0.25',
  // On drift alone, followed up while the labels of the change come in.
  FRAUD_RETRAIN_SCHEDULE: 'never',
  FRAUD_RETRAIN_FOLLOW_UPS: '5',
  FRAUD_RETRAIN_CLOCK: 'asked',
};
/** A challenger shadows the champion for so long before it decides. */
export const SHADOW_DAYS = 7;
