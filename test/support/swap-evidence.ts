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

/** The first of several copies counts: the others are the same bytes, or the audit says so. */
async function readDecisions(setUp: Topics) {
  const found = new Map<
    string,
    { decision: ReturnType<typeof decisionSchema.parse>; input: string; atMs: number }
  >();
  await readAll(setUp, setUp.topics.decisions.name, (record) => {
    const decision = decisionSchema.parse(parse(record));
    if (found.has(decision.transactionId)) return;
    const input = headerText(record.headers, INPUT_HEADER) ?? '';
    found.set(decision.transactionId, { decision, input, atMs: record.timestampMs });
  });
  return found;
}

/** @param moves versions in the order in which they became champion */
export async function readSwapEvidence(setUp: Topics, moves: readonly VersionStamp[]): Promise<SwapEvidence> {
  const found = await readDecisions(setUp);
  const known = new Set(moves.map(stampText));
  const byVersion = new Map<string, number>();
  const chunks = new Map<string, Set<string>>();
  const partitions = new Map<number, { offset: bigint; modelVersion: string }[]>();
  let strangers = 0;
  let degraded = 0;
  for (const { decision, input } of found.values()) {
    const { model, tier, decidedAt, timingsMs } = decision;
    const { modelVersion } = model;
    byVersion.set(modelVersion, (byVersion.get(modelVersion) ?? 0) + 1);
    if (!known.has(stampText(model))) strangers++;
    if (tier !== 'full') degraded++;
    const { partition, offset } = parseInputOffset(input);
    // All of a chunk share its timings, to the microsecond: nothing else does.
    const chunk = [partition, decidedAt, JSON.stringify(timingsMs)].join(' ');
    chunks.set(chunk, (chunks.get(chunk) ?? new Set()).add(stampText(model)));
    const decided = partitions.get(partition) ?? [];
    decided.push({ offset, modelVersion });
    partitions.set(partition, decided);
  }
  return {
    decisions: found.size,
    byVersion,
    strangers,
    degraded,
    chunks: chunks.size,
    mixedChunks: [...chunks.values()].filter(({ size }) => size > 1).length,
    otherwise: await countOtherwise(setUp, (id) => found.get(id)?.decision.model.modelVersion),
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
