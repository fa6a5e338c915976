// services/fraudctl/models/compare-models.ts: two versions side by side: what differs, and which is better where both were judged on the same rows.
import type { VerifiedVersion } from '../../../shared/registry/registry.ts';
import { toColumns } from '../to-columns.ts';
import { openRegistry, print, type RegistryOptions, resolveVersion } from './registry-options.ts';
import { factsOf, readReport } from './version-facts.ts';

/** The figures of a retraining that compared one with the other, on the same rows; undefined where none did. */
function judgedTogether(left: VerifiedVersion, right: VerifiedVersion) {
  const pairs = [
    { younger: right, older: left },
    { younger: left, older: right },
  ];
  for (const { younger, older } of pairs) {
    const report = readReport(younger);
    if (!report || younger.manifest.derivedFrom !== older.manifest.modelVersion) continue;
    const { challenger, champion, comparison } = report.facts;
    return {
      of: younger.manifest.modelVersion,
      over: older.manifest.modelVersion,
      averagePrecision: challenger.averagePrecision.value,
      averagePrecisionOver: champion.averagePrecision.value,
      difference: comparison.averagePrecision.difference,
    };
  }
  return undefined;
}

function tellJudgement(judged: ReturnType<typeof judgedTogether>): string {
  if (!judged) {
    return 'They were not judged on the same rows: figures above come from different windows. `fraudctl evaluate --help` judges any version on prepared data.';
  }
  const { of, over, difference, averagePrecision, averagePrecisionOver } = judged;
  const show = (value: number | null | undefined) => value?.toFixed(4) ?? '–';
  return `On the same rows: ${of} ${show(averagePrecision)}, ${over} ${show(averagePrecisionOver)} average precision; difference ${show(difference.value)}, 95 % interval ${show(difference.lower)} to ${show(difference.upper)}.`;
}

/** @param left, right versions or aliases */
export async function compareModels(left: string, right: string, options: RegistryOptions): Promise<void> {
  const registry = openRegistry(options);
  const load = async (name: string) => registry.loadVerified(await resolveVersion(registry, name));
  const [first, second] = [await load(left), await load(right)];
  const [leftFacts, rightFacts] = [factsOf(first), factsOf(second)];
  const rows = Object.entries(leftFacts).map(([fact, value]) => {
    const other = rightFacts[fact] ?? '–';
    return { fact, left: value, right: other, differs: value !== other };
  });
  const judged = judgedTogether(first, second);
  const names = [first.manifest.modelVersion, second.manifest.modelVersion] as const;
  const table = toColumns([
    ['', '', ...names],
    ...rows.map((row) => [row.differs ? '≠' : '', row.fact, row.left, row.right]),
  ]);
  const facts = { left: names[0], right: names[1], facts: rows, ...(judged && { judged }) };
  print(facts, `${table}\n\n${tellJudgement(judged)}`, options);
}
