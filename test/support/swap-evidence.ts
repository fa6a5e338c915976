// test/support/swap-evidence.ts: what the topics say of versions swapped under load: whose every decision is, and that no chunk mixes two.
import type { TopicTable } from '../../schemas/topics.ts';
import { decisionSchema, type ModelStamp } from '../../shared/domain/decision.ts';
import type { KafkaConnection } from '../../shared/kafka/connection.ts';
import { headerText, INPUT_HEADER, type InputRecord } from '../../shared/kafka/records.ts';
import { readTopicEnds, scanTopic } from '../../shared/kafka/scan-topic.ts';
import { parseInputOffset } from '../../shared/restore/archived-rows.ts';

/** What a decision says of the version that made it. */
export type VersionStamp = Pick<ModelStamp, 'modelVersion' | 'manifestDigest' | 'encoderVersion'>;

interface Topics {
  readonly connection: KafkaConnection;
  readonly topics: TopicTable;
}

export interface SwapEvidence {
  readonly decisions: number;
  /** Decisions of each version. */
  readonly byVersion: ReadonlyMap<string, number>;
  /** Decisions whose stamp is not exactly one version's. */
  readonly strangers: number;
  /** Decisions below tier full. */
  readonly degraded: number;
  /** Chunks whose decisions name two versions. */
  readonly mixedChunks: number;
  readonly chunks: number;
  /** Training rows and alerts that name another version than their decision. */
  readonly otherwise: number;
  /** Partitions whose decisions, by input offset, do not follow the moves in their order. */
  readonly outOfOrder: number;
  /** Of each decision: when its transaction was sent, how long it took until the decision was sent. */
  readonly latencies: readonly { readonly sentAtMs: number; readonly tookMs: number }[];
}

const readAll = async ({ connection }: Topics, topic: string, onRecord: (record: InputRecord) => void) =>
  scanTopic(connection, topic, await readTopicEnds(connection, topic), (records) => {
    for (const record of records) onRecord(record);
  });

const parse = ({ value }: InputRecord): unknown => JSON.parse(Buffer.from(value ?? []).toString());
const stampText = ({ modelVersion, manifestDigest, encoderVersion }: VersionStamp): string =>
  [modelVersion, manifestDigest, encoderVersion].join(' ');

/** True when `parts` can be had from `whole` by leaving some out. */
function isWithin(parts: readonly string[], whole: readonly string[]): boolean {
  let at = 0;
  for (const one of whole) if (one === parts[at]) at++;
  return at === parts.length;
}

/** All that is kept of a decision: of a million whole ones the heap would be most of what is measured. */
interface Decided {
  readonly modelVersion: string;
  readonly atMs: number;
}

/** Counts every decision as it is read. The first of several copies counts: the others are the same bytes, or the audit says so. */
function createTally(known: ReadonlySet<string>) {
  const found = new Map<string, Decided>();
  const byVersion = new Map<string, number>();
  const versionOfChunk = new Map<string, string>();
  const mixedChunks = new Set<string>();
  const partitions = new Map<number, { offset: bigint; modelVersion: string }[]>();
  const counts = { strangers: 0, degraded: 0 };
  const noteOrder = (input: string, modelVersion: string): number => {
    const { partition, offset } = parseInputOffset(input);
    const decided = partitions.get(partition) ?? [];
    decided.push({ offset, modelVersion });
    partitions.set(partition, decided);
    return partition;
  };
  const noteChunk = (chunk: string, stamp: string): void => {
    const first = versionOfChunk.get(chunk);
    if (first === undefined) versionOfChunk.set(chunk, stamp);
    else if (first !== stamp) mixedChunks.add(chunk);
  };
  const read = (record: InputRecord): void => {
    const { transactionId, model, tier, decidedAt, timingsMs } = decisionSchema.parse(parse(record));
    if (found.has(transactionId)) return;
    const stamp = stampText(model);
    if (!known.has(stamp)) counts.strangers++;
    if (tier !== 'full') counts.degraded++;
    const { modelVersion } = model;
    found.set(transactionId, { modelVersion, atMs: record.timestampMs });
    byVersion.set(modelVersion, (byVersion.get(modelVersion) ?? 0) + 1);
    const partition = noteOrder(headerText(record.headers, INPUT_HEADER) ?? '', modelVersion);
    // All of a chunk share its timings, to the microsecond: nothing else does.
    noteChunk([partition, decidedAt, JSON.stringify(timingsMs)].join(' '), stamp);
  };
  return { read, found, byVersion, versionOfChunk, mixedChunks, partitions, counts };
}

/** @param moves versions in the order in which they became champion */
export async function readSwapEvidence(setUp: Topics, moves: readonly VersionStamp[]): Promise<SwapEvidence> {
  const tally = createTally(new Set(moves.map(stampText)));
  await readAll(setUp, setUp.topics.decisions.name, tally.read);
  const { found, byVersion, versionOfChunk, mixedChunks, partitions, counts } = tally;
  return {
    decisions: found.size,
    byVersion,
    ...counts,
    chunks: versionOfChunk.size,
    mixedChunks: mixedChunks.size,
    otherwise: await countOtherwise(setUp, (id) => found.get(id)?.modelVersion),
    outOfOrder: [...partitions.values()].filter((decided) => !followsMoves(decided, moves)).length,
    latencies: await measureLatencies(setUp, (id) => found.get(id)?.atMs),
  };
}

function followsMoves(
  decided: { readonly offset: bigint; readonly modelVersion: string }[],
  moves: readonly VersionStamp[],
): boolean {
  const ordered = decided.sort((one, other) => Number(one.offset - other.offset));
  const runs = ordered
    .map(({ modelVersion }) => modelVersion)
    .filter((version, at, all) => version !== all[at - 1]);
  return isWithin(
    runs,
    moves.map(({ modelVersion }) => modelVersion),
  );
}

async function countOtherwise(
  setUp: Topics,
  versionOf: (transactionId: string) => string | undefined,
): Promise<number> {
  let otherwise = 0;
  const { trainingRows, alerts } = setUp.topics;
  await readAll(setUp, trainingRows.name, (record) => {
    if (headerText(record.headers, 'fraud_decided') === 'false') return;
    const row = parse(record) as { transactionId: string; modelVersion: string };
    if (row.modelVersion !== versionOf(row.transactionId)) otherwise++;
  });
  await readAll(setUp, alerts.name, (record) => {
    const alert = parse(record) as { transactionId: string; model: VersionStamp };
    if (alert.model.modelVersion !== versionOf(alert.transactionId)) otherwise++;
  });
  return otherwise;
}

/** By the times the records carry: the sender may set the intended one. */
async function measureLatencies(setUp: Topics, answeredAtMs: (transactionId: string) => number | undefined) {
  const latencies: { sentAtMs: number; tookMs: number }[] = [];
  await readAll(setUp, setUp.topics.transactions.name, (record) => {
    const { transactionId } = parse(record) as { transactionId: string };
    const atMs = answeredAtMs(transactionId);
    if (atMs === undefined) return;
    latencies.push({ sentAtMs: record.timestampMs, tookMs: atMs - record.timestampMs });
  });
  return latencies;
}
