// shared/kafka/kafkajs-internals.ts: the three places where kafkajs 2.2.4 (pinned, unmaintained) is given other insides.
import { createRequire } from 'node:module';
import { type EncodableRecord, encodeProduceRequest, type ProduceRequest } from './produce-request.ts';

/*
 * Imported for its effect, before kafkajs itself is loaded. Each replacement keeps kafkajs' contract and is tested against it:
 * 1. Produce request: kafkajs allocates 0.5 kB per record and per header and checksums at 0.4 GB/s (10 µs per record and more).
 * 2. Grouping by partition: kafkajs copies the list once per record (quadratic in the batch).
 * 3. Joining a group: kafkajs has no hook that is awaited before it gives partitions up, nor one before it first fetches.
 */
const require = createRequire(import.meta.url);

interface Payload {
  readonly buf: Buffer;
  readonly buffer: Buffer;
}

const toPayload = (bytes: Buffer): Payload => ({ buf: bytes, buffer: bytes });

type RequestArguments = ProduceRequest & { readonly compression?: number };
type RequestFactory = (request: RequestArguments) => { encode: () => Promise<Payload> };

/** Replaces the exports of a module of kafkajs; those who require it later see the replacement. */
function replaceModule<Exports>(path: string, replace: (original: Exports) => Exports): void {
  const file = require.resolve(`kafkajs/src/${path}`);
  const original: Exports = require(file);
  const cached = require.cache[file];
  if (cached) cached.exports = replace(original);
}

replaceModule<RequestFactory>('protocol/requests/produce/v7/request.js', (original) => (request) => {
  const made = original(request);
  if (request.compression) return made;
  return { ...made, encode: async () => toPayload(encodeProduceRequest(request, Date.now())) };
});

interface FrameArguments {
  readonly correlationId: number;
  readonly clientId: string;
  readonly request: { apiKey: number; apiVersion: number; encode: () => Promise<Payload> };
}

/** Length, header and payload in one buffer: kafkajs copies a payload twice into buffers that it clears first. */
async function encodeFrame({ correlationId, clientId, request }: FrameArguments): Promise<Payload> {
  const payload = (await request.encode()).buffer;
  const idBytes = Buffer.byteLength(clientId);
  const frame = Buffer.allocUnsafe(14 + idBytes + payload.length);
  frame.writeInt32BE(frame.length - 4, 0);
  frame.writeInt16BE(request.apiKey, 4);
  frame.writeInt16BE(request.apiVersion, 6);
  frame.writeInt32BE(correlationId, 8);
  frame.writeInt16BE(idBytes, 12);
  frame.write(clientId, 14);
  payload.copy(frame, 14 + idBytes);
  return toPayload(frame);
}

replaceModule<typeof encodeFrame>('protocol/request.js', () => encodeFrame);

interface Grouping {
  readonly topic: string;
  readonly partitionMetadata: readonly unknown[];
  readonly messages: readonly EncodableRecord[];
  readonly partitioner: (one: {
    topic: string;
    partitionMetadata: readonly unknown[];
    message: EncodableRecord;
  }) => number;
}

function groupByPartition({ topic, partitionMetadata, messages, partitioner }: Grouping) {
  const groups: Record<number, EncodableRecord[]> = {};
  if (partitionMetadata.length === 0) return groups;
  for (const message of messages) {
    const partition = partitioner({ topic, partitionMetadata, message });
    const group = groups[partition];
    if (group) group.push(message);
    else groups[partition] = [message];
  }
  return groups;
}

replaceModule<typeof groupByPartition>('producer/groupMessagesPerPartition.js', () => groupByPartition);

/** What a partition assigner may carry besides kafkajs' own methods; both are awaited. */
export interface GroupHooks {
  /** Before the member (re)joins: its partitions are still its own, commits are still taken. */
  beforeJoin?(): Promise<void>;
  /**
   * After the member has its partitions and before it fetches from them. The group is told of the member meanwhile only by `beat`;
   * rejecting with an error for which `isLostGroup` is true makes the member join again.
   */
  afterJoin?(assigned: readonly TopicShare[], beat: () => Promise<void>): Promise<void>;
}

/** Partitions of one topic that a member was given. */
export interface TopicShare {
  readonly topic: string;
  readonly partitions: readonly number[];
}

const UNKNOWN_MEMBER = 25;
/** The group moved on (rebalance in progress, illegal generation, unknown member): what is not committed will be read again. */
const LOST_GROUP_CODES = new Set([22, UNKNOWN_MEMBER, 27]);

const codeOf = (error: unknown): number | undefined =>
  error instanceof Error && 'code' in error ? Number(error.code) : undefined;

/** True for errors by which the group's coordinator says that this membership is over. */
export function isLostGroup(error: unknown): boolean {
  return LOST_GROUP_CODES.has(codeOf(error) ?? 0);
}

interface ConsumerGroup {
  readonly assigners: readonly GroupHooks[];
  memberId: string | null;
  assigned(): { topic: string; partitions: number[] }[];
  heartbeat(options: { interval: number }): Promise<void>;
  leave(): Promise<void>;
  joinAndSync(): Promise<void>;
}

const {
  prototype: consumerGroup,
}: { prototype: ConsumerGroup } = require('kafkajs/src/consumer/consumerGroup.js');
const joinAndSync = consumerGroup.joinAndSync;
consumerGroup.joinAndSync = async function joinWithHooks(this: ConsumerGroup): Promise<void> {
  const beat = () => this.heartbeat({ interval: 0 });
  for (;;) {
    for (const assigner of this.assigners) await assigner.beforeJoin?.();
    await joinAndSync.call(this);
    try {
      for (const assigner of this.assigners) await assigner.afterJoin?.(this.assigned(), beat);
      return;
    } catch (error) {
      if (!isLostGroup(error)) {
        // kafkajs leaves the group only when it runs: the others would wait for this member until its session ends.
        await this.leave().catch(() => {});
        throw error;
      }
      if (codeOf(error) === UNKNOWN_MEMBER) this.memberId = null;
    }
  }
};
