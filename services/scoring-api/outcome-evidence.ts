// services/scoring-api/outcome-evidence.ts: the outcome intake of this process: looked up in the decisions, parked in the state directory, sent through the relay.
import { randomInt } from 'node:crypto';
import type { Clock } from '../../shared/clock.ts';
import type { Outcome } from '../../shared/domain/outcome.ts';
import type { EdgeSettings } from '../../shared/edge/edge-settings.ts';
import type { Tombstones } from '../../shared/erasure/tombstones.ts';
import { encodeOutputs } from '../../shared/kafka/outbox-codec.ts';
import { cloudEventHeaders, type OutputRecord } from '../../shared/kafka/records.ts';
import { findInDecisions } from '../../shared/labels/find-transactions.ts';
import { createOutcomeIntake, type OutcomeIntake } from '../../shared/labels/outcome-intake.ts';
import { createParkedEvidence } from '../../shared/labels/parked-evidence.ts';
import { createSourceQuotas } from '../../shared/labels/source-quotas.ts';
import type { Scope } from '../../shared/lifecycle/scope.ts';
import { createLmdbEvidenceTable } from '../../shared/sequence/lmdb-evidence-table.ts';
import type { StateStore } from '../../shared/sequence/state-store.ts';
import type { ApiSettings } from './config.ts';
import { OUTBOX_PARTITION, OUTBOX_TOPIC, type Relay } from './relay.ts';

/** Outcomes of one source and day: a feed gone wrong must not relabel a portfolio. */
const PER_DAY = { '*': 100_000 };
const PLACES = 2 ** 47;

export interface OutcomeEvidence {
  /** Undefined without a broker. */
  readonly intake: OutcomeIntake | undefined;
  /** Forgets what is parked about a card. Returns how many. */
  readonly eraseParked: (portfolioId: string, cardToken: string) => number;
}

const toRecord = (outcome: Outcome, topic: string): OutputRecord => ({
  topic,
  key: outcome.cardToken,
  value: Buffer.from(JSON.stringify(outcome)),
  headers: cloudEventHeaders({
    id: outcome.outcomeId,
    type: 'outcome.v1',
    source: 'scoring-api',
    time: outcome.labeledAt,
  }),
});

export async function buildIntake(parts: {
  readonly settings: ApiSettings;
  readonly scope: Scope;
  readonly clock: Clock;
  readonly store: StateStore;
  readonly relay: Relay | undefined;
  readonly topic: string;
  readonly edge: EdgeSettings;
  readonly tombstones: Pick<Tombstones, 'isErased'>;
}): Promise<OutcomeEvidence> {
  const { settings, scope, clock, store, relay, topic, edge, tombstones: erasures } = parts;
  const table = await scope.start(
    'parked outcomes',
    () => createLmdbEvidenceTable({ directory: settings.stateDirectory }),
    (part) => part.close(),
  );
  const find = findInDecisions(store);
  /** Filed before it is sent: accepted means kept, whether or not the broker is there. */
  const send = async (outcomes: readonly Outcome[]): Promise<void> => {
    if (outcomes.length === 0 || !relay) return;
    const records = outcomes.map((outcome) => toRecord(outcome, topic));
    const place = { topic: OUTBOX_TOPIC, partition: OUTBOX_PARTITION, offset: BigInt(randomInt(PLACES)) };
    const outbox = [{ ...place, bytes: encodeOutputs(records) }];
    await store.commit({ outbox, acknowledged: relay.takeAcknowledged() });
    relay.send(place, records);
  };
  const parked = createParkedEvidence({ table, find });
  const quotas = createSourceQuotas(table, PER_DAY);
  return {
    intake: relay && createOutcomeIntake({ clock, find, parked, quotas, send, edge, erasures }),
    eraseParked: (portfolioId, cardToken) => {
      const mention = `"cardToken":${JSON.stringify(cardToken)}`;
      const keys = table
        .scan(`parked|${portfolioId}|`)
        .filter(({ bytes }) => Buffer.from(bytes).includes(mention))
        .map(({ key }) => key);
      if (keys.length > 0) table.update(keys, () => keys.map(() => undefined));
      return keys.length;
    },
  };
}
