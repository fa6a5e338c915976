// services/fraudctl/models/move-models.ts: promotion and roll-back by hand, noted with who and why.
import { systemClock } from '../../../shared/clock.ts';
import { AppError } from '../../../shared/errors.ts';
import { createAnnounceMove } from '../../../shared/kafka/model-events.ts';
import { createAnnouncingRegistry } from '../../../shared/registry/announcing-registry.ts';
import { type MoveNote, promote, type Registry, rollBack } from '../../../shared/registry/registry.ts';
import { type KafkaOptions, toConnection, toTopics } from '../kafka-options.ts';
import {
  describeMove,
  openRegistry,
  print,
  type RegistryOptions,
  resolveVersion,
} from './registry-options.ts';

export interface MoveOptions extends RegistryOptions, KafkaOptions {
  readonly by: string;
  readonly reason?: string;
}

function toNote({ by, reason }: MoveOptions): MoveNote {
  return { movedAt: new Date(systemClock.now()).toISOString(), by, reason };
}

/** Scorers look every second; with brokers named they are told, and look at once. */
function announcing(options: MoveOptions, kind: 'model-promote' | 'model-roll-back'): Registry {
  const registry = openRegistry(options);
  if (!options.brokers) return registry;
  const announce = createAnnounceMove({
    connection: toConnection(options),
    topic: toTopics(options).modelEvents.name,
    onFailure: ({ message }) => process.stderr.write(`${message} Scorers find out by themselves.\n`),
  });
  return createAnnouncingRegistry(registry, announce, kind);
}

/** Verified byte for byte first: what nobody could load is not promoted. @param name a version or an alias, e.g. `challenger` */
export async function promoteModel(name: string, options: MoveOptions): Promise<void> {
  const registry = announcing(options, 'model-promote');
  const modelVersion = await resolveVersion(registry, name);
  await registry.loadVerified(modelVersion);
  const before = await registry.readAlias('champion');
  const entry = await promote(registry, modelVersion, toNote(options));
  const already = before?.modelVersion === modelVersion ? `It was champion before. ` : '';
  print(entry, `${already}${describeMove(entry)}`, options);
}

/** Lets a version shadow the champion, or no one any more: `challenge champion` ends a shadow and a canary. */
export async function challengeWithModel(name: string, options: MoveOptions): Promise<void> {
  const registry = announcing(options, 'model-promote');
  const modelVersion = await resolveVersion(registry, name);
  await registry.loadVerified(modelVersion);
  const before = await registry.readAlias('challenger');
  const entry =
    before?.modelVersion === modelVersion
      ? before
      : await registry.moveAlias({
          alias: 'challenger',
          modelVersion,
          expectedFence: before?.fence ?? 0,
          ...toNote(options),
        });
  print(entry, describeMove(entry), options);
}

/** With `from`, only while that version is champion: asked twice, it goes back once. */
export async function rollBackModel(options: MoveOptions & { readonly from?: string }): Promise<void> {
  const registry = announcing(options, 'model-roll-back');
  const champion = await registry.readAlias('champion');
  if (options.from !== undefined && champion?.modelVersion !== options.from) {
    throw new AppError('FRAUD_ALIAS_CONFLICT', {
      detail: `The champion is ${champion?.modelVersion ?? 'not set'}, not ${options.from}.`,
    });
  }
  const entry = await rollBack(registry, toNote(options));
  print(entry, describeMove(entry), options);
}
