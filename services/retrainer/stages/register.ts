// services/retrainer/stages/register.ts: files, lineage, report and card → a version in the registry, challenger when it passed every gate.
import { packageVersion } from '../../../shared/config/package-version.ts';
import { sha256Of, toManifestBytes } from '../../../shared/registry/manifest.ts';
import { assembleParts } from '../../../shared/training/assemble-version.ts';
import { ablate } from '../ablate.ts';
import { describeCardDrift } from '../card-drift.ts';
import { describeDrift } from '../describe-drift.ts';
import { describeGolden } from '../describe-golden.ts';
import { toWeightBytes, WEIGHTS_FILE } from '../encoder-of.ts';
import type { WithVerdicts, WithVersion } from '../state.ts';
import { writeCard } from '../write-card.ts';

/** Publishing is whole or not at all, and the same version again changes nothing: a killed run registers nothing half. */
export async function register(state: WithVerdicts): Promise<WithVersion> {
  const { manifest, files } = await assemble(state);
  await state.registry.publish(manifest, files);
  const manifestDigest = sha256Of(toManifestBytes(manifest));
  return { ...state, version: { manifest, manifestDigest, files } };
}

/** Without times of day or measured speeds: the same snapshot, champion and seed give the same bytes. */
async function assemble(state: WithVerdicts) {
  const { set, champion, encoder, heads, calibrators, thresholds, settings, backend } = state;
  const createdAt = set.cut.toISOString();
  const { latency: _measured, ...facts } = state.facts;
  const verdicts = state.verdicts.map(({ gate, passed, sentence, figures }) =>
    gate === 'latency' ? { gate, passed } : { gate, passed, sentence, figures },
  );
  const ablation = await ablate(state);
  const card = await writeCard(state, ablation, [await describeCardDrift(state)]);
  return assembleParts(
    {
      kind: 'retrained',
      encoder,
      heads,
      calibrators,
      thresholds,
      references: state.references,
      featureSettings: champion.featureSettings,
      report: { snapshotId: set.snapshotId, windows: set.windows, facts, ablation, verdicts },
      otherFiles: new Map([
        await describeGolden({ ...state, head: heads.full }),
        ...describeDrift(state),
        ...keepEncoderWeights(state),
      ]),
      derivedFrom: champion.manifest.modelVersion,
      lineage: {
        snapshotId: set.snapshotId,
        cut: createdAt,
        seed: settings.seed,
        code: packageVersion,
        backend: backend.name,
      },
      writeCard: card,
    },
    createdAt,
  );
}

/** Of an encoder that learnt in this run or in one of its parents': the next one goes on from them. */
function keepEncoderWeights({ encoder, championVersion }: WithVerdicts): [string, Uint8Array][] {
  const bytes = toWeightBytes(encoder) ?? championVersion.files.get(WEIGHTS_FILE);
  return bytes ? [[WEIGHTS_FILE, bytes]] : [];
}
