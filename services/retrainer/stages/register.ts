// services/retrainer/stages/register.ts: files, lineage, report and card → a version in the registry, challenger when it passed every gate.
import { packageVersion } from '../../../shared/config/package-version.ts';
import { populationReferenceSchema } from '../../../shared/features/population-reference.ts';
import { createPlainHead } from '../../../shared/head/head-weights.ts';
import { sha256Of, toManifestBytes } from '../../../shared/registry/manifest.ts';
import { assembleParts } from '../../../shared/training/assemble-version.ts';
import { windowRows } from '../../../shared/training-set/training-set.ts';
import { ablate } from '../ablate.ts';
import { describeCardDrift } from '../card-drift.ts';
import { describeDrift } from '../describe-drift.ts';
import type { WithVerdicts, WithVersion } from '../state.ts';
import { writeCard } from '../write-card.ts';

const GOLDEN_ROWS = 64;
const toJson = (value: unknown): Uint8Array => new TextEncoder().encode(`${JSON.stringify(value)}\n`);

/** Publishing is whole or not at all, and the same version again changes nothing: a killed run registers nothing half. */
export async function register(state: WithVerdicts): Promise<WithVersion> {
  const { manifest, files } = await assemble(state);
  await state.registry.publish(manifest, files);
  const manifestDigest = sha256Of(toManifestBytes(manifest));
  return { ...state, version: { manifest, manifestDigest, files } };
}

/** Without times of day or measured speeds: the same snapshot, champion and seed give the same bytes. */
async function assemble(state: WithVerdicts) {
  const { set, champion, championVersion, heads, calibrators, thresholds, settings, backend } = state;
  const { encoder } = champion.manifest;
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
      encoder: {
        encoderVersion: encoder.version,
        config: champion.config,
        model: championVersion.files.get(encoder.file) ?? new Uint8Array(),
      },
      heads,
      calibrators,
      thresholds,
      references: readReferences(state),
      featureSettings: champion.featureSettings,
      report: { snapshotId: set.snapshotId, windows: set.windows, facts, ablation, verdicts },
      otherFiles: new Map([['golden-rows.json', toJson(describeGolden(state))], ...describeDrift(state)]),
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

function readReferences({ champion, championVersion }: WithVerdicts) {
  return Object.fromEntries(
    Object.entries(champion.manifest.references).map(([portfolioId, { file }]) => {
      const bytes = championVersion.files.get(file) ?? new Uint8Array();
      return [portfolioId, populationReferenceSchema.parse(JSON.parse(Buffer.from(bytes).toString()))];
    }),
  );
}

/** Inputs of some rows and what this version must say of them: a scorer compares before it serves. */
function describeGolden({ set, heads }: WithVerdicts) {
  const rows = windowRows(set, 'test');
  const count = Math.min(GOLDEN_ROWS, rows.labels.length);
  const values = rows.values.slice(0, count * set.inputs.length);
  const plain = createPlainHead(heads.full);
  return {
    inputs: set.inputs.length,
    values: Buffer.from(values.buffer).toString('base64'),
    rawScores: Array.from({ length: count }, (_, row) =>
      Number(
        plain.scoreOne(values.subarray(row * set.inputs.length, (row + 1) * set.inputs.length)).toFixed(4),
      ),
    ),
  };
}
