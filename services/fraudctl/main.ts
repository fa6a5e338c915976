// services/fraudctl/main.ts: the operators' command line: finds the verb, prints help, sets the exit code.
import { Command, CommanderError } from 'commander';
import { AppError } from '../../shared/errors.ts';
import { register as registerAudit } from './verbs/audit.ts';
import { register as registerBootstrap } from './verbs/bootstrap.ts';
import { register as registerCredit } from './verbs/credit.ts';
import { register as registerDeadLetters } from './verbs/dead-letters.ts';
import { register as registerDoctor } from './verbs/doctor.ts';
import { register as registerEncoders } from './verbs/encoders.ts';
import { register as registerEvaluate } from './verbs/evaluate.ts';
import { register as registerExplain } from './verbs/explain.ts';
import { register as registerKeys } from './verbs/keys.ts';
import { register as registerModels } from './verbs/models.ts';
import { register as registerOutcomes } from './verbs/outcomes.ts';
import { register as registerPrepare } from './verbs/prepare.ts';
import { register as registerPretrain } from './verbs/pretrain.ts';
import { register as registerReference } from './verbs/reference.ts';
import { register as registerReplay } from './verbs/replay.ts';
import { register as registerRetrain } from './verbs/retrain.ts';
import { register as registerRules } from './verbs/rules.ts';
import { register as registerRuns } from './verbs/runs.ts';
import { register as registerSimulate } from './verbs/simulate.ts';
import { register as registerState } from './verbs/state.ts';
import { register as registerTopics } from './verbs/topics.ts';
import { register as registerTransfer } from './verbs/transfer.ts';

const OK = 0;
const FAILED = 1;
const USAGE = 2;

/** One `register` per verb, in the order in which help lists them. */
const verbs = [
  registerDoctor,
  registerTopics,
  registerSimulate,
  registerReplay,
  registerOutcomes,
  registerState,
  registerAudit,
  registerDeadLetters,
  registerExplain,
  registerModels,
  registerRetrain,
  registerKeys,
  registerRules,
  registerPrepare,
  registerPretrain,
  registerEncoders,
  registerBootstrap,
  registerCredit,
  registerReference,
  registerTransfer,
  registerEvaluate,
  registerRuns,
];

function createProgram(): Command {
  const program = new Command('fraudctl')
    .description('Operate the fraud-detection stream: what runs, what was decided, which model decides.')
    .addHelpText('after', '\nExit codes: 0 ok, 1 failed, 2 wrong usage. Every verb has --help and --json.');
  for (const register of verbs) register(program);
  for (const command of [program, ...program.commands]) {
    command.exitOverride();
    for (const nested of command.commands) nested.exitOverride();
  }
  return program;
}

/** Tells what went wrong and what to do, on stderr; returns the exit code. */
function tell(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? OK : USAGE;
  if (error instanceof AppError) {
    const cause = error.cause instanceof Error ? `\n  cause: ${error.cause.message}` : '';
    process.stderr.write(`${error.code}: ${error.message}\n  ${error.whatToDo}${cause}\n`);
    return error.kind === 'usage' ? USAGE : FAILED;
  }
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return FAILED;
}

try {
  await createProgram().parseAsync(process.argv);
} catch (error) {
  process.exitCode = tell(error);
}
