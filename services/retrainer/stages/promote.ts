// services/retrainer/stages/promote.ts: through every gate → challenger, and champion when asked; refused → registered for the record, no alias moves.
import { systemClock } from '../../../shared/clock.ts';
import { AppError } from '../../../shared/errors.ts';
import { type Alias, promote as promoteVersion, type Registry } from '../../../shared/registry/registry.ts';
import { PROMOTING_FILE } from '../run-files.ts';
import type { Retrained, WithVersion } from '../state.ts';

/**
 * Promotion holds only against the champion of the comparison: of two retrainers at once one promotes, the other is told. A run that
 * was killed after its move and is taken up ends as it would have ended, and moves nothing again.
 */
export async function promote(state: WithVersion): Promise<Retrained> {
  const { registry, verdicts, version, championEntry, settings, set, files } = state;
  if (verdicts.some(({ passed }) => !passed)) return { ...state, outcome: 'refused' };
  // What lies in the registry is what is promoted: every byte of it must still be what was judged.
  await registry.loadVerified(version.manifest.modelVersion, version.manifestDigest);
  const note = {
    movedAt: new Date(systemClock.now()).toISOString(),
    by: 'retrainer',
    reason: `passed ${verdicts.length} gates on snapshot ${set.snapshotId.slice(0, 12)}`,
  };
  const { modelVersion } = version.manifest;
  if (!settings.promote) {
    if (!(await wasTakenBack(registry, 'challenger', modelVersion)))
      await moveChallenger(registry, modelVersion, note);
    return { ...state, outcome: 'challenger' };
  }
  if (await wasTakenBack(registry, 'champion', modelVersion)) return { ...state, outcome: 'promoted' };
  await files.write(PROMOTING_FILE, Buffer.from(`${JSON.stringify({ modelVersion })}\n`));
  await promoteVersion(registry, modelVersion, { ...note, championFence: championEntry.fence });
  return { ...state, outcome: 'promoted' };
}

/** True when the alias pointed at the version and was moved on. A version is of one run alone, so that run has made its move. */
async function wasTakenBack(registry: Registry, alias: Alias, modelVersion: string): Promise<boolean> {
  const moves = await registry.readHistory(alias);
  return (
    moves.at(-1)?.modelVersion !== modelVersion && moves.some((move) => move.modelVersion === modelVersion)
  );
}

async function moveChallenger(
  registry: Registry,
  modelVersion: string,
  note: { readonly movedAt: string; readonly by: string; readonly reason: string },
): Promise<void> {
  for (let triesLeft = 3; ; triesLeft--) {
    const before = await registry.readAlias('challenger');
    if (before?.modelVersion === modelVersion) return;
    try {
      await registry.moveAlias({
        alias: 'challenger',
        modelVersion,
        expectedFence: before?.fence ?? 0,
        ...note,
      });
      return;
    } catch (error) {
      // The latest challenger stands; somebody else's move in between is looked at again.
      if (!(error instanceof AppError && error.code === 'FRAUD_ALIAS_CONFLICT') || triesLeft === 0)
        throw error;
    }
  }
}
