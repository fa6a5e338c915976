// test/tutorial/04-labels.test.ts: read me: how evidence comes back late, contradicts itself, and becomes a label for training.
import { describe, expect, test } from 'vitest';
import { createMemoryEvidenceTable } from '../../shared/labels/evidence-table.ts';
import { findInDecisions } from '../../shared/labels/find-transactions.ts';
import { createOutcomeIntake } from '../../shared/labels/outcome-intake.ts';
import { createParkedEvidence } from '../../shared/labels/parked-evidence.ts';
import { resolveLabel } from '../../shared/labels/resolve-label.ts';
import { createSourceQuotas } from '../../shared/labels/source-quotas.ts';
import { createMemoryStateStore } from '../../shared/sequence/memory-state-store.ts';
import { buildTrainingSet } from '../../shared/training-set/build-training-set.ts';
import { windowRows } from '../../shared/training-set/training-set.ts';
import { outcomeOf, trainingRow } from '../support/archive-records.ts';
import { requestOn } from '../support/training-request.ts';
import { useArchive } from '../support/use-archive.ts';

// Anna pays on 2 March. An analyst waves the payment through on the 3rd; on the 20th her bank warns; on 10 April a chargeback
// is filed; on the 25th it is reversed, because the shop could show her signature.
const analyst = outcomeOf('t-1', 1, 2, { kind: 'verdict', label: 'genuine', source: 'console' });
const warning = outcomeOf('t-1', 1, 19, { kind: 'fraud-report', label: 'fraud', source: 'issuer' });
const dispute = {
  kind: 'chargeback',
  source: 'network',
  evidenceId: 'case-7',
  disputeReasonCode: '10.4',
} as const;
const filed = outcomeOf('t-1', 1, 40, dispute);
const reversed = outcomeOf('t-1', 1, 55, { ...dispute, action: 'close' });
const everything = [filed, analyst, reversed, warning];

const onDay = (day: number) => new Date(Date.parse('2026-03-01T00:00:00.000Z') + day * 86_400_000);

describe('a label', () => {
  test('is what was known at the instant that asks: shared/labels/precedence.md says who is believed', () => {
    const labels = [1, 2, 19, 40, 55].map((day) => {
      const label = resolveLabel(everything, onDay(day));
      return label.label === 'unknown' ? 'unknown' : `${label.label} by ${label.decidedBy}`;
    });
    expect(labels).toEqual([
      'unknown',
      'genuine by verdict',
      'fraud by fraud-report',
      'fraud by chargeback',
      // The chargeback is withdrawn; the bank's warning still stands, and the verdict did not know of it.
      'fraud by fraud-report',
    ]);
  });

  test('does not depend on the order in which the evidence arrived', () => {
    const inOrder = resolveLabel([analyst, warning, filed, reversed], onDay(60));
    expect(resolveLabel([reversed, filed, warning, analyst], onDay(60))).toEqual(inOrder);
  });

  test('changes when somebody looks again with all of it on the table', () => {
    const again = outcomeOf('t-1', 1, 58, { kind: 'verdict', label: 'genuine', source: 'console' });
    expect(resolveLabel([...everything, again], onDay(60)).label).toBe('genuine');
  });
});

describe('a sender', () => {
  test('that knows only the transaction id is helped: from its decision, now or when it comes', async () => {
    const store = createMemoryStateStore();
    const table = createMemoryEvidenceTable();
    const sent: string[] = [];
    const intake = createOutcomeIntake({
      clock: { now: () => onDay(41).getTime() },
      find: findInDecisions(store),
      parked: createParkedEvidence({ table, find: findInDecisions(store) }),
      quotas: createSourceQuotas(table, { '*': 1_000 }),
      send: async (outcomes) => {
        sent.push(...outcomes.map(({ transactionId, cardToken }) => `${transactionId} of ${cardToken}`));
      },
    });
    const draft = {
      outcomeId: 'o-1',
      kind: 'chargeback',
      transactionId: 't-1',
      label: 'fraud',
      labeledAt: filed.labeledAt,
    };
    expect(await intake.admit([draft])).toEqual([{ kind: 'parked' }]);

    const decision = { cardToken: 'tok_anna', eventTime: onDay(1).toISOString() };
    await store.commit({
      decisions: [
        {
          decisionKey: 'default|t-1',
          contentHash: '',
          keepUntilMs: Number.MAX_SAFE_INTEGER,
          bytes: Buffer.from(JSON.stringify(decision)),
        },
      ],
    });
    expect(await intake.release()).toEqual({ joined: 1, expired: 0, waiting: 0 });
    expect(sent).toEqual(['t-1 of tok_anna']);
  });
});

describe('a training set', () => {
  test('holds rows as they were scored and labels as they were known: asked on another day, the same rows have other labels', async () => {
    const archive = await useArchive();
    await archive.write('rows', [trainingRow('t-1', 1), trainingRow('t-2', 1.5)]);
    await archive.write('outcomes', everything);
    // Made on day 37 the training window asks on day 17: the verdict is known, the warning is not.
    const early = windowRows(await buildTrainingSet(requestOn(archive.store)), 'training');
    expect([...early.labels]).toEqual([0, 0]);
    // The same rows, asked on day 41.
    const cut = onDay(61);
    const windows = {
      training: { fromMs: onDay(0).getTime(), untilMs: onDay(10).getTime(), asOfMs: onDay(41).getTime() },
      calibration: { fromMs: onDay(41).getTime(), untilMs: onDay(44).getTime(), asOfMs: onDay(51).getTime() },
      test: { fromMs: onDay(51).getTime(), untilMs: onDay(54).getTime(), asOfMs: cut.getTime() },
    };
    const late = windowRows(await buildTrainingSet(requestOn(archive.store, { cut, windows })), 'training');
    expect(late.transactionIds).toEqual(['t-1', 't-2']);
    // t-2 has no evidence: old enough, it counts as genuine.
    expect([...late.labels]).toEqual([1, 0]);
    expect([...late.values]).toEqual([...early.values]);
  });
});
