// infra/local/options.ts: options of npm start, checked at once.
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { AppError } from '../../shared/errors.ts';

export const usage = `npm start -- [options]

  --rate N           transactions and outcomes per second (default 100)
  --seconds N        stop by itself after N seconds of traffic (default: until Ctrl-C)
  --seed N           seed of the simulated traffic (default 1)
  --json             no live view; one JSON object at the end
  --brokers LIST     host:port,… of a running broker (default: a container, or Kafka's jars on the local JVM)
  --keep             leave topics and state for next time and go on from there
  --input FILE       real transactions instead of the simulator (CSV, NDJSON, Parquet; also .gz); needs --mapping
  --mapping FILE     how FILE's columns become transactions, or a name of infra/mappings (handbook, sparkov)
  --story retraining instead of the above: 32 simulated weeks whose fraud changes its kind halfway; the loop sees it, retrains, shadows and promotes (about 8 minutes)
  --no-change        with --story: the same weeks without the change, in which nothing may happen
  --help             this page
`;

const optionsSchema = z
  .strictObject({
    rate: z.coerce.number().positive().max(100_000).default(100),
    seconds: z.coerce.number().positive().optional(),
    seed: z.coerce.number().int().min(0).max(0x7fffffff).default(1),
    json: z.boolean().default(false),
    brokers: z.string().min(1).optional(),
    keep: z.boolean().default(false),
    input: z.string().min(1).optional(),
    mapping: z.string().min(1).optional(),
    story: z.enum(['retraining']).optional(),
    'no-change': z.boolean().default(false),
    help: z.boolean().default(false),
  })
  .refine(
    ({ story, 'no-change': isControl }) => story !== undefined || !isControl,
    'expected --no-change with --story',
  )
  .refine(
    ({ story, keep, input, seconds }) => !story || !(keep || input !== undefined || seconds !== undefined),
    'expected --story without --keep, --seconds and --input: it has its own payments and its own end',
  )
  .refine(
    ({ input, mapping }) => (input === undefined) === (mapping === undefined),
    'expected --input and --mapping together',
  );
export type DemonstrationOptions = z.infer<typeof optionsSchema>;

/** @throws AppError FRAUD_INPUT_INVALID naming every option that is wrong */
export function parseOptions(args: readonly string[]): DemonstrationOptions {
  const text = { type: 'string' } as const;
  const yes = { type: 'boolean' } as const;
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        rate: text,
        seconds: text,
        seed: text,
        json: yes,
        brokers: text,
        keep: yes,
        input: text,
        mapping: text,
        story: text,
        'no-change': yes,
        help: yes,
      },
    });
    return optionsSchema.parse(values);
  } catch (cause) {
    const detail =
      cause instanceof z.ZodError ? z.prettifyError(cause) : cause instanceof Error ? cause.message : '';
    throw new AppError('FRAUD_INPUT_INVALID', { detail: `${detail}\n\n${usage}`, cause });
  }
}
