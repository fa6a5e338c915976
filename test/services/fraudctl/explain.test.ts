// test/services/fraudctl/explain.test.ts: `fraudctl explain` tells from the archived row what was decided, why, and on which history.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { register } from '../../../services/fraudctl/verbs/explain.ts';
import { FileRegistry } from '../../../shared/registry/file-registry.ts';
import { ensureChampion } from '../../../shared/registry/shipped-champion.ts';
import { writeScoredArchive } from '../../support/scored-archive.ts';
import { tellVerb } from '../../support/tell-verb.ts';

/** A little traffic scored by the shipped champion, in an archive; and a way to ask about it. */
async function createDesk() {
  const directory = await mkdtemp(join(tmpdir(), 'explain-test-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const archive = join(directory, 'archive');
  const registry = join(directory, 'registry');
  await ensureChampion(new FileRegistry(registry), '2026-01-01T00:00:00.000Z');
  const simulation = { seed: 78, cards: 8, days: 30, fraudRate: 0.03, appliedEvents: false };
  const { rows } = await writeScoredArchive(archive, simulation);
  const tell = (transactionId: string, portfolio: string, ...words: string[]): Promise<string> => {
    const places = ['--archive', archive, '--registry', registry, '--portfolio', portfolio];
    return tellVerb(register, ['explain', transactionId, ...places, ...words]);
  };
  return { rows, tell };
}

test('the row with the highest score is explained with its reasons, effects and history; an unknown one is refused', async () => {
  const { rows, tell } = await createDesk();
  const scored = rows.filter(({ tier }) => tier === 'full');
  const [highest] = scored.toSorted((left, right) => (right.score ?? 0) - (left.score ?? 0));
  const { transactionId = '', portfolioId = '', eventTime = '', score = 0 } = highest ?? {};
  const facts: unknown = JSON.parse(await tell(transactionId, portfolioId, '--history', '3', '--json'));
  expect(facts).toMatchObject({
    transactionId,
    decided: { score, tier: 'full' },
    explainedBy: { score: expect.closeTo(score, 5) },
    contextDigest: highest?.contextDigest,
    history: [{ at: new Date(eventTime).toISOString() }, {}, {}],
  });
  const text = await tell(transactionId, portfolioId);
  expect(text).toContain('Reasons (bits');
  expect(text).toMatch(/AMOUNT_UNUSUAL_FOR_CARD +[+−]\d/);
  await expect(tell('never-seen', portfolioId)).rejects.toMatchObject({
    code: 'FRAUD_INPUT_INVALID',
    field: 'transaction',
  });
}, 60_000);
