// test/bench/load-generator.ts: HTTP load over raw keep-alive connections: open loop (send times fixed in advance, latency from the intended time) or as fast as answers come.
import { connect, type Socket } from 'node:net';

export interface Target {
  readonly host: string;
  readonly port: number;
}

/** What came back, by status. Latencies in ms. */
export interface LoadResult {
  readonly seconds: number;
  readonly sent: number;
  readonly answered: ReadonlyMap<number, readonly number[]>;
  /** Connections that ended under a request. */
  readonly broken: number;
  /** Of every 429: ms from when it was really sent, whatever the generator itself was late by. */
  readonly refusedAfterMs: readonly number[];
  /** Open loop: how late the generator itself was, per request; what is measured is not finer than that. */
  readonly lateMs: readonly number[];
}

interface Pending {
  readonly intendedAt: number;
  readonly sentAt: number;
}

const HEAD_END = '\r\n\r\n';

/** One request at a time; answers must carry Content-Length, as the API's do. */
class Connection {
  readonly #socket: Socket;
  readonly #onAnswer: (status: number, pending: Pending) => void;
  readonly #onIdle: (connection: Connection) => void;
  #pending: Pending | undefined;
  #buffered: Buffer = Buffer.alloc(0);

  constructor(
    { host, port }: Target,
    on: {
      readonly answer: (status: number, pending: Pending) => void;
      readonly idle: (connection: Connection) => void;
      readonly broken: (wasPending: boolean) => void;
    },
  ) {
    this.#onAnswer = on.answer;
    this.#onIdle = on.idle;
    this.#socket = connect({ host, port, noDelay: true });
    this.#socket.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#socket.once('close', () => on.broken(this.#pending !== undefined));
    this.#socket.once('error', () => {});
  }

  /** Resolves when it is open, or could not be opened. */
  ready(): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.once('connect', resolve);
      this.#socket.once('close', () => resolve());
    });
  }

  send(request: Buffer, intendedAt: number): void {
    this.#pending = { intendedAt, sentAt: performance.now() };
    this.#socket.write(request);
  }

  close(): void {
    this.#pending = undefined;
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.#buffered = this.#buffered.length === 0 ? chunk : Buffer.concat([this.#buffered, chunk]);
    const headEnd = this.#buffered.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const head = this.#buffered.toString('latin1', 0, headEnd);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    if (this.#buffered.length < headEnd + HEAD_END.length + length) return;
    this.#buffered = this.#buffered.subarray(headEnd + HEAD_END.length + length);
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending) this.#onAnswer(Number(head.slice(9, 12)), pending);
    this.#onIdle(this);
  }
}

/** Bytes of a POST with a JSON body. */
export function toRequest(path: string, key: string, body: string): Buffer {
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

function createTally() {
  const answered = new Map<number, number[]>();
  const refusedAfterMs: number[] = [];
  const totals = { sent: 0, broken: 0 };
  return {
    answered,
    refusedAfterMs,
    totals,
    note: (status: number, { intendedAt, sentAt }: Pending) => {
      if (status === 429) refusedAfterMs.push(performance.now() - sentAt);
      const list = answered.get(status) ?? [];
      list.push(performance.now() - intendedAt);
      answered.set(status, list);
    },
  };
}

/** As fast as `connections` answers come, for `seconds`. */
export async function runClosedLoop(
  target: Target,
  next: () => Buffer,
  { connections, seconds }: { readonly connections: number; readonly seconds: number },
): Promise<LoadResult> {
  const tally = createTally();
  const startedAt = performance.now();
  const endAt = startedAt + seconds * 1000;
  const open: Connection[] = [];
  await new Promise<void>((resolve) => {
    let idle = 0;
    const again = (connection: Connection) => {
      if (performance.now() < endAt) {
        tally.totals.sent += 1;
        connection.send(next(), performance.now());
      } else if (++idle === connections) resolve();
    };
    const on = {
      answer: tally.note,
      idle: again,
      broken: (wasPending: boolean) => {
        if (!wasPending) return;
        tally.totals.broken += 1;
        if (++idle === connections) resolve();
      },
    };
    for (let index = 0; index < connections; index += 1) {
      const connection = new Connection(target, on);
      open.push(connection);
      again(connection);
    }
  });
  for (const connection of open) connection.close();
  return {
    seconds: (performance.now() - startedAt) / 1000,
    ...tally.totals,
    answered: tally.answered,
    refusedAfterMs: tally.refusedAfterMs,
    lateMs: [],
  };
}

const FIRST_CONNECTIONS = 200;
/** Most connections an open loop opens: beyond it requests wait, and their latency says so. */
const MOST_CONNECTIONS = 600;
const DRAIN_MS = 5_000;

export interface OpenLoopOptions {
  readonly perSecond: number;
  readonly seconds: number;
  /** Open before the first request, as callers' pools are; more are opened when all are busy. */
  readonly connections?: number;
}

/** `perSecond` requests at even distances, whatever comes back. */
export async function runOpenLoop(
  target: Target,
  next: () => Buffer,
  { perSecond, seconds, connections = FIRST_CONNECTIONS }: OpenLoopOptions,
): Promise<LoadResult> {
  const tally = createTally();
  const idle: Connection[] = [];
  const open = new Set<Connection>();
  const waiting: number[] = [];
  const lateMs: number[] = [];
  const total = Math.round(perSecond * seconds);
  const sendOn = (connection: Connection, intendedAt: number) => {
    tally.totals.sent += 1;
    connection.send(next(), intendedAt);
  };
  const on = {
    answer: tally.note,
    idle: (connection: Connection) => {
      const intendedAt = waiting.shift();
      if (intendedAt === undefined) idle.push(connection);
      else sendOn(connection, intendedAt);
    },
    broken: (wasPending: boolean) => {
      if (wasPending) tally.totals.broken += 1;
    },
  };
  const dispatch = (intendedAt: number) => {
    const connection = idle.pop();
    if (connection) return sendOn(connection, intendedAt);
    if (open.size >= MOST_CONNECTIONS) return void waiting.push(intendedAt);
    const made = new Connection(target, on);
    open.add(made);
    return sendOn(made, intendedAt);
  };
  while (open.size < connections) {
    const made = new Connection(target, on);
    open.add(made);
    await made.ready();
    idle.push(made);
  }
  const startedAt = performance.now();
  let planned = 0;
  await new Promise<void>((resolve) => {
    const tick = () => {
      const due = Math.min(total, 1 + Math.floor(((performance.now() - startedAt) * perSecond) / 1000));
      for (; planned < due; planned += 1) {
        const intendedAt = startedAt + (planned * 1000) / perSecond;
        lateMs.push(performance.now() - intendedAt);
        dispatch(intendedAt);
      }
      if (planned < total) setTimeout(tick, 1);
      else resolve();
    };
    tick();
  });
  const seconds_ = (performance.now() - startedAt) / 1000;
  const drainUntil = performance.now() + DRAIN_MS;
  const count = () => [...tally.answered.values()].reduce((sum, list) => sum + list.length, 0);
  while (count() + tally.totals.broken < total && performance.now() < drainUntil) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  for (const connection of open) connection.close();
  return {
    seconds: seconds_,
    ...tally.totals,
    answered: tally.answered,
    refusedAfterMs: tally.refusedAfterMs,
    lateMs,
  };
}

/** The value below which `share` of the sorted values lie. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
