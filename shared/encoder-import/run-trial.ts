// shared/encoder-import/run-trial.ts: starts the trial in a process of its own, with bounds on memory and time, and takes its answer.
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { residentBytes } from '../lifecycle/resident-memory.ts';
import { refuse } from './refusal.ts';
import { type TrialAnswer, type TrialOrder, trialAnswerSchema } from './trial-message.ts';

export interface TrialLimits {
  /** Resident memory of the process, bytes. */
  readonly memoryBytes: number;
  readonly timeMs: number;
}
export const defaultTrialLimits: TrialLimits = { memoryBytes: 1.5 * 2 ** 30, timeMs: 120_000 };

/** Elsewhere than on Linux only the time is bounded. */
const LOOK_EVERY_MS = 20;

function start({ model, manifest, output }: TrialOrder, { memoryBytes }: TrialLimits): ChildProcess {
  const isSource = import.meta.url.endsWith('.ts');
  const program = fileURLToPath(
    new URL(isSource ? './trial-process.ts' : './trial-process.js', import.meta.url),
  );
  const node = [...(isSource ? ['--import', 'tsx'] : []), '--max-old-space-size=512', program];
  const command = [process.execPath, ...node, model, manifest, output];
  // The kernel refuses writable memory beyond the bound, so that one large allocation cannot outrun the looks.
  const bound = `ulimit -d ${Math.floor((2 * memoryBytes) / 1024)} 2>/dev/null; exec "$@"`;
  const [file = '', ...rest] =
    process.platform === 'linux' ? ['/bin/sh', '-c', bound, 'sh', ...command] : command;
  return spawn(file, rest, {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    // Nothing of ours is told to it.
    env: { PATH: process.env.PATH ?? '' },
    serialization: 'json',
  });
}

/**
 * @returns figures of the encoder that was taken; the composed model lies at `order.output`
 * @throws AppError FRAUD_ENCODER_REFUSED
 */
export function runTrial(
  order: TrialOrder,
  limits: TrialLimits = defaultTrialLimits,
): Promise<Extract<TrialAnswer, { kind: 'taken' }>> {
  const child = start(order, limits);
  return new Promise((resolve, reject) => {
    let answer: TrialAnswer | undefined;
    let stopped: { reason: 'memory' | 'time'; detail: string } | undefined;
    let lastWords = '';
    const stop = (reason: 'memory' | 'time', detail: string) => {
      stopped ??= { reason, detail };
      child.kill('SIGKILL');
    };
    const clock = setTimeout(
      () => stop('time', `It was not tried within ${Math.round(limits.timeMs / 1000)} s.`),
      limits.timeMs,
    );
    const looks = setInterval(() => {
      if (residentBytes(child.pid) > limits.memoryBytes) {
        stop('memory', `It took more than ${Math.round(limits.memoryBytes / 2 ** 20)} MB.`);
      }
    }, LOOK_EVERY_MS);
    child.stderr?.on('data', (words: Buffer) => {
      lastWords = (lastWords + words.toString()).slice(-500);
    });
    child.on('message', (message) => {
      const parsed = trialAnswerSchema.safeParse(message);
      if (parsed.success) answer = parsed.data;
    });
    child.on('error', (error) => {
      lastWords = error.message;
    });
    child.on('close', (code, signal) => {
      clearTimeout(clock);
      clearInterval(looks);
      if (stopped) reject(refuse(stopped.reason, stopped.detail));
      else if (answer?.kind === 'taken') resolve(answer);
      else if (answer) reject(refuse(answer.reason, withoutSentence(answer.detail)));
      else if (/bad_alloc|allocation failed|out of memory/i.test(lastWords))
        reject(refuse('memory', `It wanted more memory than is allowed (${signal ?? code}).`));
      else
        reject(
          refuse('crash', `The process that tried it ended with ${signal ?? code}: ${lastWords.trim()}`),
        );
    });
  });
}

/** The sentence of the code stands before the detail once more when the error is made here. */
const withoutSentence = (detail: string): string => detail.replace(/^This encoder cannot be taken\.\s*/, '');
