// services/fraudctl/verbs/models.ts: `fraudctl models list|history|show|compare|promote|challenge|roll-back`: versions in the registry and their aliases.
import type { Command } from 'commander';
import { withBrokerOptions } from '../kafka-options.ts';
import { compareModels } from '../models/compare-models.ts';
import { listModels, tellHistory } from '../models/list-models.ts';
import { challengeWithModel, promoteModel, rollBackModel } from '../models/move-models.ts';
import { defaultRegistryDirectory } from '../models/registry-options.ts';
import { showModel } from '../models/show-model.ts';

/** Adds the verb and its sub-commands. */
export function register(program: Command): void {
  const models = program
    .command('models')
    .description('model versions in the registry, which one decides, and who moved it when and why')
    .addHelpText(
      'after',
      '\nA version may be named by an alias: champion, challenger, previous. With --brokers a move is announced, and scorers look at once.\n`npm start` keeps a registry of its own: --registry .fraud/demonstration/registry',
    );
  const withRegistry = (name: string, description: string): Command =>
    models
      .command(name)
      .description(description)
      .option('--registry <directory>', 'registry directory', defaultRegistryDirectory())
      .option('--json', 'machine-readable output');
  const withMove = (name: string, description: string): Command =>
    withBrokerOptions(withRegistry(name, description))
      .option('--by <name>', 'who moves the alias', process.env.USER ?? 'operator')
      .option('--reason <sentence>', 'why, kept with the move');

  withRegistry('list', 'all versions, newest first, with their aliases').action(listModels);
  withRegistry('history', 'every move of an alias: who, when, why').action(tellHistory);
  withRegistry('show <version>', 'one version, verified byte for byte: lineage, moves, files').action(
    showModel,
  );
  withRegistry('compare <left> <right>', 'what differs between two versions, and which is better').action(
    compareModels,
  );
  withMove('promote <version>', 'make a version champion; the one before becomes previous').action(
    promoteModel,
  );
  withMove(
    'challenge <version>',
    'score with a version in shadow, beside the champion; `challenge champion` ends that',
  ).action(challengeWithModel);
  withMove('roll-back', 'make the version that the champion replaced champion again')
    .option('--from <version>', 'only while this version is champion')
    .action(rollBackModel);
}
