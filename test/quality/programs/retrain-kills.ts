// test/quality/programs/retrain-kills.ts: `npm run quality -- retrain-kills [kills per stage] [pairs] [stage …]`: retrainings killed in every stage (or those named), and two at once; exits 1 when anything but an uninterrupted run's version comes out.
import { killRetrainings, stageNames } from '../retrain-kills.ts';
import { say } from '../say.ts';

export async function run([kills = '10', pairs = '10', ...named]: readonly string[]): Promise<void> {
  const stages = named.length === 0 ? stageNames : stageNames.filter((stage) => named.includes(stage));
  const plan = { cards: 80, stages, killsPerStage: Number(kills), pairs: Number(pairs), seed: 5 };
  const report = await killRetrainings(plan, say);
  say('\n| stage | killed there |\n|---|---|');
  for (const stage of stages) say(`| ${stage} | ${report.kills[stage] ?? 0} of ${kills} |`);
  say(`\neach ended as the uninterrupted run: ${report.outcome}; problems: ${report.problems.length}`);
  for (const problem of report.problems) say(`  ${problem}`);
  say(`two at once: the champion moved ${report.promotionsOfPairs.join(', ')} times`);
  if (report.problems.length > 0 || report.outcome !== 'promoted') process.exitCode = 1;
}
