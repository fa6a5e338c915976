// test/quality/credit-report.ts: the table of a credit run: AUC, AP, KS and the paired difference to LightGBM; groups by sex and age.
import type { CreditClient } from './credit-clients.ts';
import { compareAuc, type JudgedClients, measureFolds, measureGroups } from './credit-measures.ts';
import { say } from './say.ts';

/** Name of the scores of the version that ships. */
export const SHIPPED = 'shipped, simulated only';
/** AUC and approvals by sex and age band: joined here, offline, to scores that never saw them. */
function tellGroups(
  judged: JudgedClients,
  clients: readonly CreditClient[],
  name: string,
  scores: Float64Array,
) {
  const told = {
    sex: measureGroups(
      judged,
      scores,
      clients.map(({ group }) => group.sex),
    ),
    age: measureGroups(
      judged,
      scores,
      clients.map(({ group }) => group.age),
    ),
  };
  say(`\n${name} by group: clients, default rate, AUC, approved when the safest 80 % are`);
  for (const { group, clients: count, defaultRate, auc, approved } of [...told.sex, ...told.age]) {
    const shares = `${(100 * defaultRate).toFixed(1)} %  ${auc.toFixed(4)}  ${(100 * approved).toFixed(1)} %`;
    say(`  ${group.padEnd(14)} ${String(count).padStart(6)}  ${shares}`);
  }
  return told;
}

/** Prints the table; `scores` must hold `lightgbm`. */
export function reportCredit(
  judged: JudgedClients,
  clients: readonly CreditClient[],
  scores: ReadonlyMap<string, Float64Array>,
): object {
  const rival = scores.get('lightgbm') ?? new Float64Array();
  const result: Record<string, object> = {};
  say('\n                        AUC     AP      KS      AUC minus LightGBM');
  for (const [name, column] of scores) {
    const { auc, averagePrecision, ks, byFold } = measureFolds(judged, column);
    const paired = compareAuc(judged, column, rival);
    const brier =
      column.reduce((sum, score, row) => sum + (score - (judged.labels[row] ?? 0)) ** 2, 0) / column.length;
    const interval = `${paired.difference.toFixed(4)} [${paired.lower.toFixed(4)}, ${paired.upper.toFixed(4)}]`;
    say(
      `${name.padEnd(22)}  ${auc.toFixed(4)}  ${averagePrecision.toFixed(4)}  ${ks.toFixed(4)}  ${interval}  Brier ${brier.toFixed(4)}  folds ${byFold.map((fold) => fold.auc.toFixed(4)).join(' ')}`,
    );
    result[name] = { auc, averagePrecision, ks, brier, paired };
  }
  for (const [name, column] of scores) {
    if (name !== 'lightgbm')
      result[name === SHIPPED ? 'shipped' : `${name} by group`] = tellGroups(judged, clients, name, column);
  }
  return result;
}
