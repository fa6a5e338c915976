// services/stream-scorer/steps/mark-outcomes.ts: Outcome → label known at a time, in the histories of card, merchant and account; or a dead letter.
import type { Clock } from '../../../shared/clock.ts';
import type { Outcome } from '../../../shared/domain/outcome.ts';
import type { EdgeSettings } from '../../../shared/edge/edge-settings.ts';
import { parseOutcome } from '../../../shared/edge/parse-outcome.ts';
import type { Tombstones } from '../../../shared/erasure/tombstones.ts';
import { toDeadLetter } from '../../../shared/kafka/dead-letter.ts';
import type { Producer } from '../../../shared/kafka/producer.ts';
import { type InputRecord, offsetsAfter } from '../../../shared/kafka/records.ts';
import type { ScorerMetrics } from '../../../shared/observability/metrics.ts';
import { labelMarksOf } from '../../../shared/sequence/label-marks.ts';
import { leaveCardOut } from '../../../shared/sequence/leave-card-out.ts';
import type { MarkLabel, StateStore } from '../../../shared/sequence/state-store.ts';
import type { RefusedRecord } from '../chunk.ts';

/** Marking twice changes nothing, so a redelivery needs no care. */
export function createMarkOutcomesStep(parts: {
  readonly clock: Clock;
  readonly edge: EdgeSettings;
  readonly store: Pick<StateStore, 'commit'>;
  readonly producer: Producer;
  readonly metrics: ScorerMetrics;
  readonly erasures: Pick<Tombstones, 'isErased'>;
  readonly deadLetterTopic: (inputTopic: string) => string;
}): (records: readonly InputRecord[]) => Promise<void> {
  return async function markOutcomes(records) {
    const labels: MarkLabel[] = [];
    const marked: Outcome['label'][] = [];
    const refused: RefusedRecord[] = [];
    const nowMs = parts.clock.now();
    for (const record of records) {
      const parsed = parseOutcome(record.value, record.key, nowMs, parts.edge);
      if (parsed.kind === 'invalid') {
        refused.push({ record, ...parsed });
        continue;
      }
      const { portfolioId, cardToken, transactionTime } = parsed.outcome;
      const isErased = parts.erasures.isErased(portfolioId, cardToken, Date.parse(transactionTime));
      labels.push(...leaveCardOut(labelMarksOf(parsed.outcome), isErased));
      marked.push(parsed.outcome.label);
    }
    await parts.producer.send(
      refused.map((one) => toDeadLetter(one, parts.deadLetterTopic(one.record.topic))),
    );
    await parts.store.commit({ labels, inputOffsets: offsetsAfter(records) });
    // Counted when all is done: what fails is tried again from its beginning.
    for (const { error } of refused) parts.metrics.deadLettered.inc({ reason: error.code });
    for (const label of marked) parts.metrics.outcomesMarked.inc({ label });
  };
}
