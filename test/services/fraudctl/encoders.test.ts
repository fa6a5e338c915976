// test/services/fraudctl/encoders.test.ts: `fraudctl encoders` lists what ships and shows what it was made from.
import { expect, test } from 'vitest';
import { register } from '../../../services/fraudctl/verbs/encoders.ts';
import { tellVerb } from '../../support/tell-verb.ts';

const run = (...words: string[]): Promise<string> => tellVerb(register, ['encoders', ...words]);

test('every encoder in the list has learnt more than frequencies, and can be shown', async () => {
  const rows: { encoder: string; encoderVersion: string; heldOutLoss: number; baselineLoss: number }[] =
    JSON.parse(await run('list', '--json'));
  expect(rows.map(({ encoder }) => encoder)).toEqual(expect.arrayContaining(['small', 'tiny']));
  for (const { encoder, encoderVersion, heldOutLoss, baselineLoss } of rows) {
    expect(heldOutLoss).toBeLessThan(baselineLoss);
    expect(await run('show', encoder)).toContain(encoderVersion);
  }
});

test('an encoder that is nowhere is refused', async () => {
  await expect(run('show', 'nowhere')).rejects.toMatchObject({ code: 'FRAUD_MODEL_NOT_FOUND' });
});
