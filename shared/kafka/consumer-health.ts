// shared/kafka/consumer-health.ts: what tells a consumer that waits for others from one that is stuck itself.
import type { KafkaAdmin, PartitionEnds } from './admin.ts';

export interface ConsumerHealth {
  /** Turns of the fetch loop while the member holds its partitions, be it none: an idle member shows life by them alone. */
  readonly turns: number;
  /** What was tried again because a dependency failed, so far. */
  readonly retries: number;
  /** No broker has told the ends of the topics lately: a new process would not do better. */
  readonly isBrokerSilent: boolean;
}

/** Counts what the consumer's parts tell. */
export class HealthRecord {
  #isMember = false;
  #turns = 0;
  #retries = 0;

  setMember(isMember: boolean): void {
    this.#isMember = isMember;
  }

  noteTurn(): void {
    if (this.#isMember) this.#turns++;
  }

  noteRetry(): void {
    this.#retries++;
  }

  read(isBrokerSilent: boolean): ConsumerHealth {
    return { turns: this.#turns, retries: this.#retries, isBrokerSilent };
  }
}

const ENDS_EVERY_MS = 10_000;
/** Rounds without an answer after which the broker counts as silent. */
const SILENT_ROUNDS = 2;

export interface EndsWatch {
  /** True when nobody has answered for more than two rounds. */
  isSilent(): boolean;
  stop(): void;
}

/** Asks for the ends of topics every ten seconds, so that lag is known even should fetching have stopped. */
export function watchEnds(
  admin: KafkaAdmin,
  topics: readonly string[],
  onEnds: (topic: string, ends: readonly PartitionEnds[]) => void,
): EndsWatch {
  let unanswered = 0;
  let isAsking = false;
  const ask = async (): Promise<void> => {
    unanswered++;
    if (isAsking) return;
    isAsking = true;
    try {
      for (const topic of topics) onEnds(topic, await admin.readEnds(topic));
      unanswered = 0;
    } catch {
      // Nobody waits for this round: the next one asks again, and `isSilent` tells.
    } finally {
      isAsking = false;
    }
  };
  const timer = setInterval(ask, ENDS_EVERY_MS).unref();
  return { isSilent: () => unanswered > SILENT_ROUNDS, stop: () => clearInterval(timer) };
}
