// shared/kafka/aligned-merge.ts: several partitions as one stream in event-time order, the same in every run over the same topics.
import type { PartitionBuffer } from './partition-buffer.ts';
import { headerText, type InputRecord } from './records.ts';

/** When what the record tells happened, ms: its CloudEvents time, else its produce time. */
export function eventTimeOf(record: InputRecord): number {
  const time = Date.parse(headerText(record.headers, 'ce_time') ?? '');
  return Number.isNaN(time) ? record.timestampMs : time;
}

/** Ties go to the smaller topic name, then the smaller partition: any rule that is the same in every run. */
function isBefore(one: PartitionBuffer, oneTime: number, other: PartitionBuffer, otherTime: number): boolean {
  if (oneTime !== otherTime) return oneTime < otherTime;
  if (one.topic !== other.topic) return one.topic < other.topic;
  return one.partition < other.partition;
}

/**
 * Takes up to `limit` records in time order. Stops where a partition has nothing buffered but is not at its end:
 * its next record may be the earliest. A partition at its end is not waited for.
 */
export function takeAligned(
  buffers: readonly PartitionBuffer[],
  limit: number,
  timeOf: (record: InputRecord) => number = eventTimeOf,
): InputRecord[] {
  const taken: InputRecord[] = [];
  const headTimes = new Map<PartitionBuffer, number>();
  const readHead = (buffer: PartitionBuffer): boolean => {
    const head = buffer.peek();
    if (head) headTimes.set(buffer, timeOf(head));
    else headTimes.delete(buffer);
    return head !== undefined || buffer.isAtEnd;
  };
  if (!buffers.map(readHead).every(Boolean)) return taken;
  while (taken.length < limit && headTimes.size > 0) {
    let earliest: PartitionBuffer | undefined;
    let earliestTime = 0;
    for (const [buffer, time] of headTimes) {
      if (earliest && !isBefore(buffer, time, earliest, earliestTime)) continue;
      earliest = buffer;
      earliestTime = time;
    }
    if (!earliest) break;
    taken.push(...earliest.take(1));
    if (!readHead(earliest)) break;
  }
  return taken;
}
