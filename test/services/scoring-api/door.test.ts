// test/services/scoring-api/door.test.ts: what comes while too much is in hand is refused before anything is done for it, operations excepted.
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { Encoder } from '../../../shared/encoder/encoder.ts';
import {
  type ApiRig,
  makeTransaction,
  patient,
  type RigOptions,
  useApi,
  withKey,
} from '../../support/api-rig.ts';

const IN_HAND = 3;

async function useDoor(options: RigOptions = {}) {
  const settings = { FRAUD_API_REQUESTS_IN_HAND: String(IN_HAND) };
  const rig = await useApi({ settings, ...options });
  await rig.server.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => rig.server.close());
  const { port } = rig.server.server.address() as AddressInfo;
  return { rig, address: `http://127.0.0.1:${port}` };
}

const score = async (
  address: string,
  { key }: ApiRig,
  headers: Readonly<Record<string, string>> = patient,
) => {
  const answer = await fetch(`${address}/v1/score`, {
    method: 'POST',
    headers: withKey(key, { 'content-type': 'application/json', ...headers }),
    body: JSON.stringify(makeTransaction()),
  });
  return { status: answer.status, retryAfter: answer.headers.get('retry-after'), text: await answer.text() };
};

/** An encoder that answers when it is let. */
function useGate() {
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const wrapEncoder = (encoder: Encoder) => ({
    encodeMany: (rows: Parameters<Encoder['encodeMany']>[0]) => gate.then(() => encoder.encodeMany(rows)),
  });
  return { wrapEncoder, open: () => open() };
}

test('one request too many gets 429 with Retry-After, costs no evaluation, and operations are answered', async () => {
  const { wrapEncoder, open } = useGate();
  const { rig, address } = await useDoor({ wrapEncoder });
  const held = Array.from({ length: IN_HAND }, () => score(address, rig));
  await expect.poll(() => rig.encoderCalls()).toBe(IN_HAND);
  const refused = await score(address, rig);
  expect([refused.status, refused.retryAfter, JSON.parse(refused.text).code]).toEqual([
    429,
    '1',
    'FRAUD_OVERLOADED',
  ]);
  // Before anything is read: also who has no key is told to come later, not who he is.
  expect((await fetch(`${address}/v1/models`)).status).toBe(429);
  expect((await fetch(`${address}/readyz`)).status).toBe(200);
  expect(rig.encoderCalls()).toBe(IN_HAND);
  open();
  expect((await Promise.all(held)).map(({ status }) => status)).toEqual(Array(IN_HAND).fill(200));
  expect((await score(address, rig)).status).toBe(200);
});

test('a burst that comes at once is answered or refused, each request once', async () => {
  const { rig, address } = await useDoor();
  const answers = await Promise.all(Array.from({ length: 40 }, () => score(address, rig)));
  const count = (status: number) => answers.filter((one) => one.status === status).length;
  expect(count(200) + count(429)).toBe(40);
  expect(count(200)).toBeGreaterThanOrEqual(IN_HAND);
  expect(rig.encoderCalls()).toBe(count(200));
});
