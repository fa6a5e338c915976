// test/integration/audit.test.ts: the audit says conserved only when each input record has exactly its one answer, all from the topics.
import { expect, test } from 'vitest';
import { deadLetterTopicOf } from '../../schemas/topics.ts';
import { AppError } from '../../shared/errors.ts';
import { auditTopics } from '../../shared/kafka/audit.ts';
import { toDeadLetter } from '../../shared/kafka/dead-letter.ts';
import { createProducer } from '../../shared/kafka/producer.ts';
import type { OutputRecord } from '../../shared/kafka/records.ts';
import { readTopicEnds, scanTopic } from '../../shared/kafka/scan-topic.ts';
import { type TestTopics, useTopics } from '../support/broker.ts';

const json = (value: object): Uint8Array => Buffer.from(JSON.stringify(value));

interface Plan {
  readonly transactions: number;
  /** Transactions of these numbers get this fate instead of an approval. */
  readonly refunds?: readonly number[];
  readonly reviews?: readonly number[];
  readonly invalid?: readonly number[];
}

/** What a correct scorer would have written for `plan`, all of it or with `change` applied. */
async function write(
  setUp: TestTopics,
  plan: Plan,
  change: (outputs: OutputRecord[]) => OutputRecord[] = (all) => all,
) {
  const { topics, connection } = setUp;
  const is = (list: readonly number[] | undefined, index: number) => list?.includes(index) ?? false;
  const inputs = Array.from({ length: plan.transactions }, (_, index): OutputRecord => {
    const transaction = {
      transactionId: `t${index}`,
      ...(is(plan.refunds, index) ? { type: 'refund' } : {}),
    };
    const value = is(plan.invalid, index) ? Buffer.from(`not json ${index}`) : json(transaction);
    return { topic: topics.transactions.name, key: `card-${index % 5}`, value };
  });
  const producer = await createProducer({ connection });
  await producer.send(inputs);
  const outputs: OutputRecord[] = [];
  for (const index of inputs.keys()) {
    if (is(plan.invalid, index)) continue;
    const row = { transactionId: `t${index}`, portfolioId: 'default' };
    const key = `card-${index % 5}`;
    if (is(plan.refunds, index)) {
      outputs.push({ topic: topics.trainingRows.name, key, value: json({ ...row, decided: false }) });
      continue;
    }
    const decision = is(plan.reviews, index) ? 'review' : 'approve';
    outputs.push({ topic: topics.decisions.name, key, value: json({ ...row, decision }) });
    outputs.push({ topic: topics.trainingRows.name, key, value: json({ ...row, decided: true }) });
    if (decision === 'review')
      outputs.push({ topic: topics.alerts.name, key, value: json({ ...row, alertId: `a${index}` }) });
  }
  const error = new AppError('FRAUD_RECORD_NOT_JSON');
  const ends = await readTopicEnds(connection, topics.transactions.name);
  await scanTopic(connection, topics.transactions.name, ends, (records) => {
    for (const record of records) {
      if (
        Buffer.from(record.value ?? [])
          .toString()
          .startsWith('not json')
      ) {
        outputs.push(toDeadLetter({ record, error }, deadLetterTopicOf(topics.transactions.name)));
      }
    }
  });
  await producer.send(change(outputs));
  await producer.close();
}

const audit = ({ connection, topics }: TestTopics) => auditTopics({ connection, topics });
const plan: Plan = { transactions: 60, refunds: [3, 17], reviews: [5, 6, 40], invalid: [9, 21] };
const isOf = (topic: string) => (output: OutputRecord) => output.topic === topic;

test('every transaction answered once is conserved, with the counts of each kind', async () => {
  const setUp = await useTopics();
  await write(setUp, plan);
  expect(await audit(setUp)).toMatchObject({
    transactions: 60,
    decisions: 56,
    applied: 2,
    deadLetters: 2,
    alerts: 3,
    redelivered: 0,
    unanswered: 0,
    conserved: true,
  });
});

test('one deleted decision is noticed, and its input position is named', async () => {
  const setUp = await useTopics(1);
  await write(setUp, { transactions: 20 }, (outputs) => {
    const victim = outputs.findIndex(isOf(setUp.topics.decisions.name));
    return outputs.filter((_, index) => index !== victim);
  });
  expect(await audit(setUp)).toMatchObject({
    conserved: false,
    grewMeanwhile: false,
    unanswered: 1,
    unansweredAt: [`${setUp.topics.transactions.name}-0@0`],
    decisions: 19,
  });
});

test('what is missing while traffic runs is told apart from what is lost', async () => {
  const setUp = await useTopics(1);
  const producer = await createProducer({ connection: setUp.connection });
  let isRunning = true;
  const traffic = async () => {
    for (let index = 0; isRunning; index++) {
      const value = json({ transactionId: `running-${index}` });
      await producer.send([{ topic: setUp.topics.transactions.name, key: 'card-1', value }]);
    }
  };
  await write(setUp, { transactions: 5 }, () => []);
  const stopped = traffic();
  const report = await audit(setUp).finally(() => {
    isRunning = false;
  });
  await stopped;
  await producer.close();
  expect(report).toMatchObject({ conserved: false, grewMeanwhile: true });
  expect(await audit(setUp)).toMatchObject({ conserved: false, grewMeanwhile: false });
});

test('copies of a decision count as redelivered when they are the same bytes and as differing when not', async () => {
  const setUp = await useTopics();
  const isDecision = isOf(setUp.topics.decisions.name);
  await write(setUp, plan, (outputs) => {
    const copies = outputs.filter(isDecision).slice(0, 7);
    return [...outputs, ...copies];
  });
  expect(await audit(setUp)).toMatchObject({ conserved: true, redelivered: 7, decisions: 56 });

  const other = await useTopics();
  await write(other, plan, (outputs) => {
    const first = outputs.find(isOf(other.topics.decisions.name));
    const altered = first && {
      ...first,
      value: Buffer.from(`${Buffer.from(first.value ?? []).toString()} `),
    };
    return altered ? [...outputs, altered] : outputs;
  });
  expect(await audit(other)).toMatchObject({ conserved: false, differingCopies: 1, redelivered: 0 });
});

test('a missing application, alert or dead letter and a decision nobody asked for are noticed', async () => {
  const withoutRows = await useTopics();
  await write(withoutRows, plan, (outputs) =>
    outputs.filter((one) => !isOf(withoutRows.topics.trainingRows.name)(one)),
  );
  expect(await audit(withoutRows)).toMatchObject({ conserved: false, unanswered: 2 });

  const withoutAlert = await useTopics();
  await write(withoutAlert, plan, (outputs) =>
    outputs.filter((one) => !isOf(withoutAlert.topics.alerts.name)(one)),
  );
  expect(await audit(withoutAlert)).toMatchObject({ conserved: false, missingAlerts: 3 });

  const withoutDeadLetter = await useTopics();
  const deadLetters = isOf(deadLetterTopicOf(withoutDeadLetter.topics.transactions.name));
  await write(withoutDeadLetter, plan, (outputs) => outputs.filter((one) => !deadLetters(one)));
  expect(await audit(withoutDeadLetter)).toMatchObject({ conserved: false, unanswered: 2 });

  const invented = await useTopics();
  await write(invented, plan, (outputs) => {
    const value = json({ transactionId: 'nobody', portfolioId: 'default', decision: 'approve' });
    return [...outputs, { topic: invented.topics.decisions.name, key: 'card-1', value }];
  });
  expect(await audit(invented)).toMatchObject({ conserved: false, unasked: 1 });
});
