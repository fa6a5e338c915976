// test/services/stream-scorer/mark-outcomes.test.ts: an outcome about an erased card from before its erasure marks the merchant alone, also when the card has a new history.
import { expect, test } from 'vitest';
import { createMarkOutcomesStep } from '../../../services/stream-scorer/steps/mark-outcomes.ts';
import { createSettableClock } from '../../../shared/clock.ts';
import { defaultEdgeSettings } from '../../../shared/edge/edge-settings.ts';
import type { InputRecord } from '../../../shared/kafka/records.ts';
import { createScorerMetrics } from '../../../shared/observability/metrics.ts';
import type { MarkLabel } from '../../../shared/sequence/state-store.ts';

const NOW_MS = Date.parse('2026-11-24T12:00:00Z');

test('evidence about an erased card marks no card', async () => {
  const marked: MarkLabel[] = [];
  const step = createMarkOutcomesStep({
    clock: createSettableClock(NOW_MS),
    edge: defaultEdgeSettings,
    store: { commit: async ({ labels = [] }) => void marked.push(...labels) },
    producer: { send: async () => {}, close: async () => {} },
    metrics: createScorerMetrics(),
    erasures: { isErased: (_portfolio, card, timeMs) => card === 'tok_gone' && timeMs <= NOW_MS - 3_600_000 },
    deadLetterTopic: (topic) => `${topic}.dead-letter`,
  });
  const about = (cardToken: string, hoursAgo: number): InputRecord => ({
    topic: 'outcomes',
    partition: 0,
    offset: 0n,
    timestampMs: NOW_MS,
    key: Buffer.from(cardToken),
    value: Buffer.from(
      JSON.stringify({
        outcomeId: `o-${hoursAgo}`,
        kind: 'verdict',
        transactionId: 't-1',
        cardToken,
        merchantKey: 'shop',
        transactionTime: new Date(NOW_MS - hoursAgo * 3_600_000).toISOString(),
        label: 'fraud',
        labeledAt: new Date(NOW_MS).toISOString(),
      }),
    ),
    headers: {},
  });
  await step([about('tok_gone', 2), about('tok_other', 2), about('tok_gone', 0.5)]);
  expect(marked.map(({ entityKey }) => entityKey)).toEqual([
    'm|default|shop',
    'c|default|tok_other',
    'm|default|shop',
    'c|default|tok_gone',
    'm|default|shop',
  ]);
});
