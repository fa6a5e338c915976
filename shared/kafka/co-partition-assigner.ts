// shared/kafka/co-partition-assigner.ts: partition p of every topic goes to the same member, so outcomes meet their transactions.
import { createRequire } from 'node:module';
import type { PartitionAssigner } from 'kafkajs';
import type { GroupHooks } from './kafkajs-internals.ts';

const { AssignerProtocol } = createRequire(import.meta.url)('kafkajs') as typeof import('kafkajs');

const NAME = 'CoPartitionAssigner';
const VERSION = 1;

/** Members in order of id take partitions in turn, the same turn for every topic. kafkajs' own assigner counts on across topics. */
export function assignCoPartitioned(
  memberIds: readonly string[],
  partitionsByTopic: ReadonlyMap<string, readonly number[]>,
): Map<string, Record<string, number[]>> {
  const members = [...memberIds].sort();
  const assignment = new Map<string, Record<string, number[]>>(members.map((member) => [member, {}]));
  for (const [topic, partitions] of partitionsByTopic) {
    for (const partition of partitions) {
      const owned = assignment.get(members[partition % members.length] ?? '');
      if (owned) owned[topic] = [...(owned[topic] ?? []), partition];
    }
  }
  return assignment;
}

/** kafkajs' extension point for assignment; `hooks` are awaited around each joining (kafkajs-internals.ts). */
export function createCoPartitionAssigner(hooks: GroupHooks): PartitionAssigner {
  return ({ cluster }) => ({
    ...hooks,
    name: NAME,
    version: VERSION,
    assign: async ({ members, topics }) => {
      const partitionsByTopic = new Map(
        topics.map((topic) => [
          topic,
          cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId),
        ]),
      );
      const assignment = assignCoPartitioned(
        members.map(({ memberId }) => memberId),
        partitionsByTopic,
      );
      return [...assignment].map(([memberId, owned]) => ({
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({
          version: VERSION,
          assignment: owned,
          userData: Buffer.alloc(0),
        }),
      }));
    },
    protocol: ({ topics }) => ({
      name: NAME,
      metadata: AssignerProtocol.MemberMetadata.encode({
        version: VERSION,
        topics,
        userData: Buffer.alloc(0),
      }),
    }),
  });
}
