// test/shared/labels/outcome-intake.test.ts: outcomes are completed from the decisions, parked until their transaction comes, and held to quotas.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Outcome } from '../../../shared/domain/outcome.ts';
import { createMemoryEvidenceTable, type EvidenceTable } from '../../../shared/labels/evidence-table.ts';
import { findInDecisions } from '../../../shared/labels/find-transactions.ts';
import { createOutcomeIntake } from '../../../shared/labels/outcome-intake.ts';
import { createParkedEvidence } from '../../../shared/labels/parked-evidence.ts';
import { createSourceQuotas } from '../../../shared/labels/source-quotas.ts';
import { createLmdbEvidenceTable } from '../../../shared/sequence/lmdb-evidence-table.ts';
import { createLmdbStateStore } from '../../../shared/sequence/lmdb-state-store.ts';
import { createMemoryStateStore } from '../../../shared/sequence/memory-state-store.ts';
import type { StateStore } from '../../../shared/sequence/state-store.ts';

const NOW_MS = Date.parse('2026-11-24T12:00:00.000Z');
const HOUR_MS = 3_600_000;

interface Stored {
  readonly store: StateStore;
  readonly table: EvidenceTable;
}

function openOnDisk(): Stored {
  const directory = mkdtempSync(join(tmpdir(), 'fraud-test-intake-'));
  const opened = {
    store: createLmdbStateStore({ directory }),
    table: createLmdbEvidenceTable({ directory }),
  };
  onTestFinished(async () => {
    await opened.table.close();
    await opened.store.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return opened;
}

const adapters: readonly [name: string, open: () => Stored][] = [
  ['memory', () => ({ store: createMemoryStateStore(), table: createMemoryEvidenceTable() })],
  ['LMDB', openOnDisk],
];

const decide = (store: StateStore, transactionId: string) =>
  store.commit({
    decisions: [
      {
        decisionKey: `default|${transactionId}`,
        contentHash: '',
        keepUntilMs: NOW_MS + 1000 * HOUR_MS,
        bytes: Buffer.from(
          JSON.stringify({
            transactionId,
            cardToken: 'tok_anna',
            eventTime: '2026-11-20T10:00:00.000Z',
            merchantKey: 'term-9',
            accountId: 'acc-1',
          }),
        ),
      },
    ],
  });

const chargeback = (transactionId: string, more: Partial<Outcome> = {}) => ({
  outcomeId: `cb-${transactionId}`,
  kind: 'chargeback',
  transactionId,
  label: 'fraud',
  labeledAt: '2026-11-24T11:00:00.000Z',
  source: 'disputes',
  ...more,
});

describe.each(adapters)('an intake over %s', (_name, open) => {
  function createIntake(perDay = 100) {
    const { store, table } = open();
    const clock = { nowMs: NOW_MS, now: () => clock.nowMs };
    const sent: Outcome[] = [];
    let isBrokerGone = false;
    const intake = createOutcomeIntake({
      clock,
      find: findInDecisions(store),
      parked: createParkedEvidence({ table, find: findInDecisions(store), ttlMs: 2 * HOUR_MS }),
      quotas: createSourceQuotas(table, { '*': perDay }),
      send: async (outcomes) => {
        if (isBrokerGone) throw new Error('no broker');
        sent.push(...outcomes);
      },
    });
    return {
      store,
      clock,
      sent,
      intake,
      loseBroker: (isGone: boolean) => {
        isBrokerGone = isGone;
      },
    };
  }

  test('an outcome that knows only the transaction id gets card, time, merchant and account of its decision', async () => {
    const { store, intake, sent } = createIntake();
    await decide(store, 'tx-1');
    expect((await intake.admit([chargeback('tx-1')])).map(({ kind }) => kind)).toEqual(['sent']);
    expect(sent).toMatchObject([
      {
        cardToken: 'tok_anna',
        transactionTime: '2026-11-20T10:00:00.000Z',
        merchantKey: 'term-9',
        accountId: 'acc-1',
        action: 'new',
      },
    ]);
  });

  test('evidence about a transaction nobody has seen waits, and is sent when the transaction comes', async () => {
    const { store, intake, sent, clock } = createIntake();
    expect(await intake.admit([chargeback('tx-2')])).toEqual([{ kind: 'parked' }]);
    expect(await intake.release()).toEqual({ joined: 0, expired: 0, waiting: 1 });
    await decide(store, 'tx-2');
    clock.nowMs += HOUR_MS;
    expect(await intake.release()).toEqual({ joined: 1, expired: 0, waiting: 0 });
    expect(sent).toMatchObject([{ outcomeId: 'cb-tx-2', cardToken: 'tok_anna' }]);
    expect(await intake.release()).toEqual({ joined: 0, expired: 0, waiting: 0 });
  });

  test('evidence whose transaction never comes expires and is counted', async () => {
    const { intake, sent, clock } = createIntake();
    await intake.admit([chargeback('tx-3')]);
    clock.nowMs += HOUR_MS;
    // Sent again, it does not wait longer for it.
    await intake.admit([chargeback('tx-3')]);
    clock.nowMs += HOUR_MS;
    expect(await intake.release()).toEqual({ joined: 0, expired: 1, waiting: 0 });
    expect(sent).toEqual([]);
  });

  test('what could not be sent is not forgotten', async () => {
    const { store, intake, sent, loseBroker } = createIntake();
    await intake.admit([chargeback('tx-4')]);
    await decide(store, 'tx-4');
    loseBroker(true);
    await expect(intake.release()).rejects.toThrow('no broker');
    loseBroker(false);
    expect(await intake.release()).toMatchObject({ joined: 1 });
    expect(sent).toHaveLength(1);
  });

  test('a source that sends more than its quota is refused until the next day', async () => {
    const { store, intake, clock } = createIntake(2);
    await decide(store, 'tx-5');
    const kindsOf = async (...drafts: unknown[]) => (await intake.admit(drafts)).map(({ kind }) => kind);
    const drafts = [1, 2, 3].map((number) => chargeback('tx-5', { outcomeId: `o-${number}` }));
    expect(await kindsOf(...drafts)).toEqual(['sent', 'sent', 'refused']);
    expect(await kindsOf(chargeback('tx-5', { source: 'console' }))).toEqual(['sent']);
    clock.nowMs += 24 * HOUR_MS;
    expect(await kindsOf(drafts[2])).toEqual(['sent']);
  });

  test('a wrong draft is refused with its field, and the ones beside it are taken', async () => {
    const { store, intake } = createIntake();
    await decide(store, 'tx-6');
    const [wrong, card, right] = await intake.admit([
      { ...chargeback('tx-6'), label: 'bad' },
      chargeback('tx-6', { author: '4111 1111 1111 1111' }),
      chargeback('tx-6'),
    ]);
    expect(wrong).toMatchObject({ kind: 'refused', error: { code: 'FRAUD_FIELD_INVALID', field: 'label' } });
    expect(card).toMatchObject({ kind: 'refused', error: { code: 'FRAUD_CARD_NUMBER_PRESENT' } });
    expect(right).toMatchObject({ kind: 'sent' });
  });
});
