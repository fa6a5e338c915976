// test/schemas/topics.test.ts: the table of topics keeps its promises: retention, partitions, dead letters.
import { expect, test } from 'vitest';
import { deadLetterTopicOf, type TopicDefinition, topics, topicsWithPrefix } from '../../schemas/topics.ts';

const table: readonly TopicDefinition[] = Object.values(topics);

test('topics that hold card tokens delete what is older than seven days', () => {
  const holding = table.filter(({ holdsCardTokens }) => holdsCardTokens);
  expect(holding.length).toBeGreaterThan(0);
  expect(holding.filter(({ retentionDays, cleanup }) => retentionDays > 7 || cleanup !== 'delete')).toEqual(
    [],
  );
  // Whatever is keyed by card, or holds somebody's refused bytes, holds card tokens.
  expect(table.filter(({ key, holdsCardTokens }) => key !== 'alias' && !holdsCardTokens)).toEqual([]);
});

test('outcomes have the partitions of transactions, so that a card’s meet in one process', () => {
  expect(topics.outcomes.partitions).toBe(topics.transactions.partitions);
});

test('both inputs have their dead-letter topic, which takes more than its source', () => {
  for (const source of [topics.transactions, topics.outcomes]) {
    const deadLetters = table.find(({ name }) => name === deadLetterTopicOf(source.name));
    expect(deadLetters?.maxBatchBytes).toBeGreaterThan(source.maxBatchBytes);
  }
});

test('a prefix renames every topic and nothing else', () => {
  const renamed = topicsWithPrefix('x-');
  expect(Object.values(renamed).map(({ name }) => name)).toEqual(table.map(({ name }) => `x-${name}`));
  expect(renamed.alerts).toEqual({ ...topics.alerts, name: 'x-fraud.alerts.v1' });
  expect(deadLetterTopicOf(renamed.transactions.name)).toBe(renamed.transactionDeadLetters.name);
});
