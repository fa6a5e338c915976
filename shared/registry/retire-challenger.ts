// shared/registry/retire-challenger.ts: a challenger that is not to be tried any longer: its alias goes to the champion, with who and why.
import { type AliasEntry, isConflict, type MoveNote, type Registry } from './registry.ts';

/**
 * Points `challenger` at the champion, which shadows nobody, while it still points at `modelVersion`. Several may ask at once: one moves it.
 * @returns the move; undefined when the alias points elsewhere already
 */
export async function retireChallenger(
  registry: Pick<Registry, 'readAlias' | 'moveAlias'>,
  modelVersion: string,
  note: MoveNote,
): Promise<AliasEntry | undefined> {
  const [challenger, champion] = await Promise.all([
    registry.readAlias('challenger'),
    registry.readAlias('champion'),
  ]);
  if (!champion || challenger?.modelVersion !== modelVersion || champion.modelVersion === modelVersion) {
    return undefined;
  }
  try {
    return await registry.moveAlias({
      alias: 'challenger',
      modelVersion: champion.modelVersion,
      expectedFence: challenger.fence,
      ...note,
    });
  } catch (error) {
    if (isConflict(error)) return undefined;
    throw error;
  }
}
