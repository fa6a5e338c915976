// test/quality/handbook-rival.ts: the rival on the Handbook: LightGBM on the product's features, same rows, same folds.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../shared/config/package-root.ts';
import { featureNames } from '../../shared/features/velocity.ts';
import { findPython } from './boosting.ts';
import { handbookCache } from './handbook-data.ts';
import type { Fold } from './handbook-folds.ts';
import { readNpyDoubles, writeNpy } from './npy.ts';

export interface RivalOrder {
  readonly folds: readonly Fold[];
  readonly seeds: number;
  /** Names of the features it sees; all when absent. */
  readonly features?: readonly string[];
  /** LightGBM's parameters where they differ from the program's, and `rounds`. */
  readonly settings?: Readonly<Record<string, number>>;
}

/** Raw scores of each fold's test rows, one column per seed; kept, so that the same order costs nothing the second time. */
export function scoreByRival({ folds, seeds, features, settings = {} }: RivalOrder): Float64Array[][] {
  const columns = features?.map((name) => featureNames.indexOf(name)) ?? null;
  const rowCounts = folds.map(({ start, trainRows, testRows }) => [start, trainRows.length, testRows.length]);
  const key = createHash('sha256')
    .update(JSON.stringify([rowCounts, seeds, columns, settings]))
    .digest('hex');
  const folder = join(handbookCache(), `rival-${key.slice(0, 12)}`);
  const scoresFile = (index: number) => join(folder, `scores-${index}.npy`);
  if (!existsSync(scoresFile(folds.length - 1))) {
    mkdirSync(folder, { recursive: true });
    const files = folds.map(({ trainRows, testRows }, index) => {
      const [train, test] = [join(folder, `train-${index}.npy`), join(folder, `test-${index}.npy`)];
      writeNpy(train, trainRows, [trainRows.length]);
      writeNpy(test, testRows, [testRows.length]);
      return { train, test };
    });
    const order = {
      features: join(handbookCache(), 'features.npy'),
      labels: join(handbookCache(), 'labels.npy'),
      columns,
      seeds,
      settings,
      folds: files,
    };
    writeFileSync(join(folder, 'order.json'), JSON.stringify(order));
    const program = join(packageRoot, 'test/quality/python/boosting_folds.py');
    execFileSync(findPython(), [program, folder], { stdio: ['ignore', 'inherit', 'inherit'] });
  }
  return folds.map(({ testRows }, index) => {
    const scores = readNpyDoubles(scoresFile(index));
    return Array.from({ length: seeds }, (_, seed) =>
      scores.slice(seed * testRows.length, (seed + 1) * testRows.length),
    );
  });
}
