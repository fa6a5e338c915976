// test/bench/decision-rate.ts: decisions per second, by the time the broker's records carry.
import { readTopicEnds, scanTopic } from '../../shared/kafka/scan-topic.ts';
import type { StreamRig } from '../support/stream-rig.ts';

/** Start and end of the measured part, as shares of all decisions: without the start and the tail. */
const MEASURED = [0.1, 0.9] as const;

/** Of all decisions on the topic now: how many there are, and how many came per second between two shares of them. */
export async function measureDecisionRate({
  connection,
  topics,
}: Pick<StreamRig, 'connection' | 'topics'>): Promise<{
  readonly decisions: number;
  readonly perSecond: number;
}> {
  const times: number[] = [];
  const topic = topics.decisions.name;
  await scanTopic(connection, topic, await readTopicEnds(connection, topic), (records) => {
    for (const { timestampMs } of records) times.push(timestampMs);
  });
  times.sort((one, other) => one - other);
  const [from, until] = MEASURED.map((share) => Math.floor(share * (times.length - 1)));
  const perSecond = ((until - from) * 1_000) / Math.max(1, times[until] - times[from]);
  return { decisions: times.length, perSecond };
}
