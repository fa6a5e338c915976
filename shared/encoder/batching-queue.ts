// shared/encoder/batching-queue.ts: rows wait here by padded length; a free worker pulls the next batch at once, cut by padded positions. No timer.
import { AppError } from '../errors.ts';
import type { EncoderRow } from './encoder.ts';
import type { PendingCall } from './pending-call.ts';

/** A row in the queue: the call it belongs to and its index there. */
export interface QueuedRow {
  readonly call: PendingCall;
  readonly index: number;
  readonly row: EncoderRow;
  /** Place in the order of arrival, over all lengths. */
  readonly ticket: number;
}

/** Rows of one padded length, oldest first. */
export interface QueuedBatch {
  /** Padded length T, the same for all rows. */
  readonly length: number;
  readonly entries: readonly QueuedRow[];
}

export interface QueueOptions {
  /** Padded length of a row: a function of its own event count alone. */
  readonly lengthOf: (eventCount: number) => number;
  /** Rows × padded length of one batch, at most. */
  readonly maxBatchPositions: number;
  /** Padded positions waiting or in flight above which new calls are refused. */
  readonly limitPositions: number;
}

export interface BatchingQueue {
  /** @throws AppError FRAUD_ENCODER_OVERLOADED when it does not fit; a call larger than the whole limit is let in only when nothing else is there. */
  offer(call: PendingCall): void;
  /** Next batch for one of `freeWorkers`: the padded length whose head is oldest, at most an even share of what waits. Undefined when nothing waits. */
  take(freeWorkers: number): QueuedBatch | undefined;
  /** A batch that could not be made larger, for a worker that is still busy; undefined when none is full. */
  takeFull(): QueuedBatch | undefined;
  /** The batch was answered (or failed): its positions no longer count. */
  release(batch: QueuedBatch): void;
  /** Padded positions waiting or in flight. */
  positions(): number;
  /** Empties the queue of what waits. */
  takeAll(): QueuedBatch[];
}

/** An even share is not cut below this many rows: on CPU, batches of 8–32 rows are the fastest (measured, ONNX Runtime 1.30). */
const LEAST_SHARE_ROWS = 8;

interface Lane {
  readonly length: number;
  readonly maxRows: number;
  entries: QueuedRow[];
  /** Index of the oldest entry: shifting an array of thousands would move it whole. */
  head: number;
}

const waitingIn = (lane: Lane): number => lane.entries.length - lane.head;

function cut(lane: Lane, rows: number): QueuedBatch {
  const entries = lane.entries.slice(lane.head, lane.head + rows);
  lane.head += entries.length;
  if (lane.head === lane.entries.length || lane.head > 4096) {
    lane.entries = lane.entries.slice(lane.head);
    lane.head = 0;
  }
  return { length: lane.length, entries };
}

function dropSettled(lane: Lane): number {
  const before = waitingIn(lane);
  lane.entries = lane.entries.slice(lane.head).filter(({ call }) => !call.isSettled);
  lane.head = 0;
  return before - lane.entries.length;
}

/** The lane whose oldest row came first, among those that hold at least `leastRows(lane)`. */
function oldestLane(lanes: Iterable<Lane>, leastRows: (lane: Lane) => number): Lane | undefined {
  let oldest: Lane | undefined;
  let oldestTicket = Number.POSITIVE_INFINITY;
  for (const lane of lanes) {
    const ticket = lane.entries[lane.head]?.ticket;
    if (ticket === undefined || ticket >= oldestTicket || waitingIn(lane) < leastRows(lane)) continue;
    oldest = lane;
    oldestTicket = ticket;
  }
  return oldest;
}

/** @returns an empty queue; see BatchingQueue. */
export function createBatchingQueue(options: QueueOptions): BatchingQueue {
  const lanes = new Map<number, Lane>();
  let waiting = 0;
  let inFlight = 0;
  let nextTicket = 0;

  function laneOf(length: number): Lane {
    const known = lanes.get(length);
    if (known) return known;
    const maxRows = Math.max(1, Math.floor(options.maxBatchPositions / length));
    const lane: Lane = { length, maxRows, entries: [], head: 0 };
    lanes.set(length, lane);
    return lane;
  }

  function hand(lane: Lane, rows: number): QueuedBatch {
    const batch = cut(lane, rows);
    const positions = batch.entries.length * batch.length;
    waiting -= positions;
    inFlight += positions;
    return batch;
  }

  function offer(call: PendingCall): void {
    const lengths = call.rows.map(({ eventCount }) => options.lengthOf(eventCount));
    const positions = lengths.reduce((sum, length) => sum + length, 0);
    const held = waiting + inFlight;
    if (held > 0 && held + positions > options.limitPositions) {
      throw new AppError('FRAUD_ENCODER_OVERLOADED', {
        detail: `${held} positions wait or are in flight, ${positions} more exceed the limit of ${options.limitPositions}.`,
        facts: { positions: held, limitPositions: options.limitPositions },
      });
    }
    waiting += positions;
    call.rows.forEach((row, index) => {
      laneOf(lengths[index] ?? 0).entries.push({ call, index, row, ticket: nextTicket++ });
    });
  }

  function take(freeWorkers: number): QueuedBatch | undefined {
    const lane = oldestLane(lanes.values(), () => 1);
    if (!lane) return undefined;
    const share = Math.ceil(waiting / Math.max(1, freeWorkers) / lane.length);
    return hand(lane, Math.min(lane.maxRows, Math.max(LEAST_SHARE_ROWS, share)));
  }

  return {
    offer,
    take,
    takeFull() {
      const lane = oldestLane(lanes.values(), ({ maxRows }) => maxRows);
      return lane && hand(lane, lane.maxRows);
    },
    release: (batch) => {
      inFlight -= batch.entries.length * batch.length;
      if (!batch.entries.some(({ call }) => call.isSettled && call.rowsLeft > 0)) return;
      // A call that failed with this batch has no use for its other rows.
      for (const lane of lanes.values()) waiting -= dropSettled(lane) * lane.length;
    },
    positions: () => waiting + inFlight,
    takeAll: () =>
      [...lanes.values()].filter((lane) => waitingIn(lane) > 0).map((lane) => hand(lane, waitingIn(lane))),
  };
}
