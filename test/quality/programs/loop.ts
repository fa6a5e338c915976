// test/quality/programs/loop.ts: `npm run quality -- loop`: the retraining story on several portfolios, each with a change of its fraud and without.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { StoryFigures } from '../../../infra/local/story/story-figures.ts';
import { packageRoot } from '../../../shared/config/package-root.ts';
import { say } from '../say.ts';

export const HELP = `--seeds 5   portfolios, each told twice
--from 1    first seed
--checkpoint FILE   finished stories are kept there, and not told again`;

type Told = Pick<
  StoryFigures,
  | 'seed'
  | 'changes'
  | 'averagePrecision'
  | 'ratios'
  | 'daysAfterChange'
  | 'triggers'
  | 'promotions'
  | 'held'
  | 'seconds'
>;

/** Exactly what a user starts. A story that does not hold ends with 1 and tells its figures all the same. */
async function tellStory(seed: number, changes: boolean): Promise<Told> {
  const args = ['--story', 'retraining', '--json', '--seed', String(seed)];
  const child = spawn(
    process.execPath,
    [join(packageRoot, 'infra/local/start.mjs'), ...args, ...(changes ? [] : ['--no-change'])],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let text = '';
  child.stdout.on('data', (part: Buffer) => {
    text += part.toString();
  });
  await once(child, 'close');
  const line = text.trim().split('\n').at(-1) ?? '';
  if (!line.startsWith('{')) throw new Error(`The story of seed ${seed} ended without figures.`);
  const figures: StoryFigures = JSON.parse(line);
  const { averagePrecision, ratios, daysAfterChange, triggers, promotions, held, seconds } = figures;
  return { seed, changes, averagePrecision, ratios, daysAfterChange, triggers, promotions, held, seconds };
}

const show = (value: number | null): string => (value === null ? 'never' : value.toFixed(0)).padStart(6);

function report(told: readonly Told[]): void {
  say(
    'seed change | before  loop  frozen  all labels | ÷ before ÷ all | days: drift trigger promotion chargeback | triggers promotions held   s',
  );
  for (const { seed, changes, averagePrecision, ratios, daysAfterChange, ...rest } of told) {
    const { before, loop, frozen, truth } = averagePrecision;
    const precisions = [before, loop, frozen, truth].map((value) => value.toFixed(3).padStart(6)).join(' ');
    const { drift, trigger, promotion, firstChargeback } = daysAfterChange;
    const days = [drift, trigger, promotion, firstChargeback].map(show).join(' ');
    say(
      `${String(seed).padStart(4)} ${changes ? 'yes   ' : 'no    '} | ${precisions} | ${ratios.ofBefore.toFixed(2)} ${ratios.ofTruth.toFixed(2)} | ${days} | ${rest.triggers} ${rest.promotions} ${rest.held ? 'held' : 'NOT HELD'} ${rest.seconds}`,
    );
  }
  const held = (changes: boolean): string => {
    const of = told.filter((one) => one.changes === changes);
    return `${of.filter((one) => one.held).length} of ${of.length}`;
  };
  say(`with a change: ${held(true)} came back in time; without: ${held(false)} stayed quiet`);
}

/** One row per story, and how many held. */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string', default: '5' },
      from: { type: 'string', default: '1' },
      checkpoint: { type: 'string' },
    },
  });
  const { checkpoint } = values;
  const told: Told[] =
    checkpoint && existsSync(checkpoint) ? JSON.parse(readFileSync(checkpoint, 'utf8')) : [];
  const first = Number(values.from);
  for (let seed = first; seed < first + Number(values.seeds); seed += 1) {
    for (const changes of [true, false]) {
      if (told.some((one) => one.seed === seed && one.changes === changes)) continue;
      told.push(await tellStory(seed, changes));
      if (checkpoint) writeFileSync(checkpoint, JSON.stringify(told));
      report(told);
    }
  }
}
