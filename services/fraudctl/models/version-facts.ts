// services/fraudctl/models/version-facts.ts: what people compare of a version: lineage, encoder, cuts, and the figures of its own report.
import { z } from 'zod';
import type { VerifiedVersion } from '../../../shared/registry/registry.ts';

const estimateSchema = z.object({
  value: z.number(),
  lower: z.number().nullish(),
  upper: z.number().nullish(),
});
const judgedSchema = z.object({ averagePrecision: estimateSchema, areaUnderCurve: estimateSchema });

/** The parts of a retraining's report that are compared; other versions have other reports. */
const reportSchema = z.object({
  facts: z.object({
    challenger: judgedSchema,
    champion: judgedSchema,
    comparison: z.object({ averagePrecision: z.object({ difference: estimateSchema }) }),
  }),
  verdicts: z.array(z.object({ gate: z.string(), passed: z.boolean() })),
});
export type RetrainingReport = z.infer<typeof reportSchema>;

/** Undefined for a version that no retraining made. */
export function readReport({ manifest, files }: VerifiedVersion): RetrainingReport | undefined {
  const bytes = files.get(manifest.report);
  const parsed = reportSchema.safeParse(bytes && JSON.parse(new TextDecoder().decode(bytes)));
  return parsed.success ? parsed.data : undefined;
}

const short = (digest: string | undefined): string => digest?.slice(0, 12) ?? '–';

/** Names to texts, in the order in which they are shown. */
export function factsOf(version: VerifiedVersion): Readonly<Record<string, string>> {
  const { manifest, manifestDigest } = version;
  const { lineage, thresholds, encoder, heads, files } = manifest;
  const digestOf = (file: string) => short(files[file]?.sha256);
  const report = readReport(version);
  const refused = report?.verdicts.filter(({ passed }) => !passed).map(({ gate }) => gate);
  return {
    made: manifest.createdAt,
    parent: manifest.derivedFrom ?? '–',
    'data snapshot': short(lineage?.snapshotId),
    'data known until': lineage?.cut ?? '–',
    seed: lineage ? String(lineage.seed) : '–',
    code: lineage?.code ?? '–',
    backend: lineage?.backend ?? '–',
    encoder: encoder.version,
    'encoder digest': digestOf(encoder.file),
    'head digest': digestOf(heads.full.file),
    'features-only digest': digestOf(heads.featuresOnly.file),
    features: manifest.featureVersion,
    'population references': Object.keys(manifest.references).join(', '),
    'review from': String(thresholds.reviewAbove),
    'decline from': String(thresholds.declineAbove),
    'average precision, own test window': report?.facts.challenger.averagePrecision.value.toFixed(4) ?? '–',
    'AUC, own test window': report?.facts.challenger.areaUnderCurve.value.toFixed(4) ?? '–',
    gates:
      refused === undefined ? '–' : refused.length === 0 ? 'all passed' : `refused: ${refused.join(', ')}`,
    'manifest digest': short(manifestDigest),
  };
}
