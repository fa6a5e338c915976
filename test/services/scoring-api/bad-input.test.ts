// test/services/scoring-api/bad-input.test.ts: whatever a caller sends, it gets a 4xx that names the field and says what to do, and nothing of it comes back.
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { errorCatalogue } from '../../../shared/errors.ts';
import { type ApiRig, makeTransaction, NOW_MS, patient, useApi, withKey } from '../../support/api-rig.ts';
import { makeBadRecords } from '../../support/bad-records.ts';
import { publishedTestNumbers } from '../../support/card-numbers.ts';

interface Answer {
  readonly status: number;
  readonly type: unknown;
  readonly text: string;
  readonly problem: Record<string, unknown>;
}

async function send(
  rig: ApiRig,
  payload: string | Buffer,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const {
    statusCode,
    headers: answered,
    body,
  } = await rig.server.inject({
    method: 'POST',
    url: '/v1/score',
    headers: withKey(rig.key, { 'content-type': 'application/json', ...patient, ...headers }),
    payload,
  });
  return { status: statusCode, type: answered['content-type'], text: body, problem: JSON.parse(body) };
}

/** Errors that belong to records of a topic alone: over HTTP there is no record key. */
const ofTheKey = new Set(['FRAUD_RECORD_KEY_MISSING', 'FRAUD_RECORD_KEY_MISMATCH']);

test('every bad record of the stream is refused over HTTP with the same code, a field where there is one, and advice', async () => {
  const rig = await useApi();
  const wrong: string[] = [];
  for (const { name, code, value } of makeBadRecords(NOW_MS)) {
    if (ofTheKey.has(code)) continue;
    const { status, type, text, problem } = await send(rig, Buffer.from(value ?? []));
    const { sentence, whatToDo } = errorCatalogue[code as keyof typeof errorCatalogue];
    const isRight =
      status >= 400 &&
      status < 500 &&
      String(type).startsWith('application/problem+json') &&
      problem.code === code &&
      problem.title === sentence &&
      problem.advice === whatToDo &&
      (problem.field !== undefined || code.startsWith('FRAUD_RECORD')) &&
      !text.includes('    at ');
    if (!isRight) wrong.push(`${name}: ${status} ${text.slice(0, 200)}`);
  }
  expect(wrong).toEqual([]);
  expect(rig.encoderCalls()).toBe(0);
});

test('nothing of a refused request comes back or is logged: no value, no digits of a card number', async () => {
  const rig = await useApi({ settings: { FRAUD_LOG_LEVEL: 'trace' } });
  const marker = 'zebra-7c1';
  const [card = ''] = publishedTestNumbers;
  const echoed: string[] = [];
  for (const field of Object.keys(makeTransaction())) {
    for (const value of [
      marker,
      { [marker]: marker },
      [marker],
      `${marker}|`,
      card,
      Number(card.slice(0, 15)) + 0.5,
    ]) {
      const { text } = await send(rig, JSON.stringify(makeTransaction({ [field]: value })));
      const isAnswer = text.includes('"decisionId"');
      if (!isAnswer && (text.includes(marker) || text.includes(card))) echoed.push(`${field}: ${text}`);
    }
  }
  for (const path of [
    `/v1/cards/${card}`,
    `/v1/decisions/${card}`,
    `/v1/${card}`,
    `/v1/cards/x?portfolioId=|${card}`,
  ]) {
    const { statusCode, body } = await rig.server.inject({ url: path, headers: withKey(rig.key) });
    if (statusCode < 400 || body.includes(card)) echoed.push(`${path}: ${statusCode} ${body}`);
  }
  await send(rig, '{}', { 'idempotency-key': `${card} ` });
  await send(rig, '{}', { 'x-deadline-ms': card });
  expect(echoed).toEqual([]);
  expect(rig.logLines.join('\n')).not.toMatch(new RegExp(`${card}|${marker}`));
});

test.each([
  ['no JSON content type', 415, 'FRAUD_MEDIA_TYPE_UNSUPPORTED', { 'content-type': 'text/plain' }],
  ['a deadline in words', 400, 'FRAUD_REQUEST_INVALID', { 'x-deadline-ms': 'soon' }],
  ['a deadline of zero', 400, 'FRAUD_REQUEST_INVALID', { 'x-deadline-ms': '0' }],
  ['an empty idempotency key', 400, 'FRAUD_REQUEST_INVALID', { 'idempotency-key': '' }],
  ['a long idempotency key', 400, 'FRAUD_REQUEST_INVALID', { 'idempotency-key': 'k'.repeat(65) }],
])('%s is refused with %i', async (_name, status, code, headers) => {
  const rig = await useApi();
  const answer = await send(rig, JSON.stringify(makeTransaction()), headers);
  expect([answer.status, answer.problem.code]).toEqual([status, code]);
});

/** What a raw connection gets back until the service closes it. */
async function talk(port: number, lines: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let heard = '';
  socket.on('data', (chunk) => {
    heard += chunk;
  });
  socket.write(lines);
  await new Promise((resolve) => socket.once('close', resolve).once('error', resolve));
  return heard;
}

test('a caller that sends its body drop by drop is cut off, and a header bomb is refused', async () => {
  const rig = await useApi({ settings: { FRAUD_API_REQUEST_TIMEOUT_MS: '300' } });
  await rig.server.listen({ host: '127.0.0.1', port: 0 });
  const address = rig.server.server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const head = `POST /v1/score HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${rig.key}\r\ncontent-type: application/json\r\n`;
  expect(await talk(port, `${head}content-length: 100\r\n\r\n{"transactionId":`)).toMatch(/^HTTP\/1.1 408/);
  expect(await talk(port, `${head}x: ${'y'.repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1.1 431/);
  expect(await talk(port, 'nonsense\r\n\r\n')).toMatch(/^HTTP\/1.1 400/);
  await rig.server.close();
});
