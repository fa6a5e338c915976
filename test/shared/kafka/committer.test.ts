// test/shared/kafka/committer.test.ts: commits are sent one at a time, none is forgotten, stale ones are.
import { expect, test } from 'vitest';
import { createCommitter } from '../../../shared/kafka/committer.ts';
import type { InputOffset } from '../../../shared/sequence/state-store.ts';

const offset = (partition: number, next: number): InputOffset => ({
  topic: 't',
  partition,
  offset: BigInt(next),
});
const never = () => false;

/** Records what is sent; each send waits until it is let go. */
function createPort(isLost: (error: unknown) => boolean = never) {
  const sent: string[][] = [];
  const pending: { resolve: () => void; reject: (error: Error) => void }[] = [];
  return {
    sent,
    pending,
    port: {
      isLost,
      send: (offsets: readonly InputOffset[]) => {
        sent.push(offsets.map((one) => `${one.partition}@${one.offset}`));
        return new Promise<void>((resolve, reject) => {
          pending.push({ resolve, reject });
        });
      },
    },
  };
}

test('a commit asked for while another is under way is sent afterwards, with the highest offset per partition', async () => {
  const { port, sent, pending } = createPort();
  const committer = createCommitter(port, 0);
  const first = committer.commit([offset(0, 10)], never);
  const later = [
    committer.commit([offset(0, 30)], never),
    committer.commit([offset(1, 5)], never),
    committer.commit([offset(0, 20)], never),
  ];
  pending[0]?.resolve();
  await first;
  await expect.poll(() => sent.length).toBe(2);
  pending[1]?.resolve();
  await Promise.all(later);
  expect(sent).toEqual([['0@10'], ['0@30', '1@5']]);
});

test('a commit that fails is sent again unless it became stale or the group moved on', async () => {
  const lost = new Error('illegal generation');
  const { port, sent, pending } = createPort((error) => error === lost);
  const committer = createCommitter(port, 0);
  const retried = committer.commit([offset(0, 1)], never);
  pending[0]?.reject(new Error('connection closed'));
  await expect.poll(() => sent.length).toBe(2);
  pending[1]?.reject(lost);
  await retried;
  let isStale = false;
  const stale = committer.commit([offset(0, 2)], () => isStale);
  isStale = true;
  pending[2]?.reject(new Error('connection closed'));
  await stale;
  expect(sent).toEqual([['0@1'], ['0@1'], ['0@2']]);
});
