// test/services/fraudctl/simulate.test.ts: `fraudctl simulate`: files beside each other that agree, one JSON summary, clear refusals.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { register } from '../../../services/fraudctl/verbs/simulate.ts';
import { tellVerb } from '../../support/tell-verb.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fraud-simulate-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What the verb prints on stdout. */
const simulate = (...words: string[]): Promise<string> => tellVerb(register, ['simulate', ...words]);

const linesOf = (name: string) => readFileSync(join(folder, name), 'utf8').trimEnd().split('\n');
const small = ['--seed', '3', '--cards', '80', '--days', '60', '--fraud-rate', '0.01', '--json'];

describe('fraudctl simulate', () => {
  it('writes transactions, outcomes, truth and picture that agree with its summary', async () => {
    const files = ['--out', 'a.ndjson', '--outcomes', 'o.ndjson', '--truth', 't.csv', '--picture', 'p.svg'];
    const printed = await simulate(
      ...small,
      ...files.map((word) => (word.startsWith('-') ? word : join(folder, word))),
    );
    const summary: unknown = JSON.parse(printed);
    const truths = linesOf('t.csv').slice(1);
    const transactionIds = linesOf('a.ndjson').map(
      (line) => (JSON.parse(line) as { transactionId: string }).transactionId,
    );
    expect(truths.map((line) => line.split(',')[0])).toEqual(transactionIds);
    expect(summary).toMatchObject({
      transactions: transactionIds.length,
      frauds: truths.filter((line) => line.includes(',fraud,')).length,
    });
    expect(linesOf('o.ndjson').length).toBeGreaterThan(0);
    expect(linesOf('p.svg')[0]).toContain('<svg');
  });

  it('writes the same bytes for the same seed', async () => {
    await simulate(...small, '--out', join(folder, 'a.csv'));
    await simulate(...small, '--out', join(folder, 'b.csv'));
    expect(linesOf('b.csv')).toEqual(linesOf('a.csv'));
  });

  it('refuses a start that is no time', async () => {
    await expect(simulate('--start', 'yesterday')).rejects.toMatchObject({ code: 'FRAUD_INPUT_INVALID' });
  });

  it('refuses a number of cards that is none', async () => {
    await expect(simulate('--cards', 'many')).rejects.toMatchObject({ code: 'commander.invalidArgument' });
  });

  it('asks for brokers before it sends to Kafka', async () => {
    vi.stubEnv('FRAUD_KAFKA_BROKERS', '');
    await expect(simulate('--kafka')).rejects.toMatchObject({ code: 'FRAUD_INPUT_INVALID' });
    vi.unstubAllEnvs();
  });
});
