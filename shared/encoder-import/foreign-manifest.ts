// shared/encoder-import/foreign-manifest.ts: what somebody's ONNX encoder takes and gives, as its manifest says: names, fields, padding, readings, bin edges.
import { z } from 'zod';
import { surpriseFields } from '../domain/decision.ts';
import { channelNames } from '../encoder/channels.ts';
import { AppError } from '../errors.ts';
import { WINDOW } from '../sequence/packed-event.ts';

/** Columns of the ids, in the order in which they are made. */
export const idFields = ['type', 'category', 'entryMode'] as const;

const valueName = z.string().min(1).max(200);
const isUnique = (values: readonly unknown[]): boolean => new Set(values).size === values.length;
const each = { error: 'Name each once.' };

/** What the numbers of a forecast are. */
const form = z.enum(['log-probabilities', 'probabilities', 'logits']);

const binEdges = z
  .array(z.number())
  .min(1)
  .max(512)
  .refine((edges) => edges.every((edge, index) => index === 0 || edge > (edges[index - 1] ?? edge)), {
    error: 'Edges must ascend.',
  });

export const foreignManifestSchema = z.strictObject({
  formatVersion: z.literal(1),
  /** Of the encoder; its version is this and the first 12 digits of its digest. */
  name: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'Use small letters, digits and dashes, 40 at most.'),
  /** How it was made and from which traffic; goes into its model card. */
  description: z.string().max(4000).default(''),
  /** SHA-256 of the ONNX file. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'Give 64 hexadecimal digits.'),
  inputs: z.strictObject({
    /** float32 (B, T, fields): the named channels, in this order. */
    channels: z.strictObject({
      name: valueName,
      fields: z.array(z.enum(channelNames)).min(1).refine(isUnique, each),
    }),
    /** (B, T, fields): codes from 0 (missing) on. */
    ids: z
      .strictObject({
        name: valueName,
        fields: z.array(z.enum(idFields)).min(1).refine(isUnique, each),
        type: z.enum(['int32', 'int64', 'float32']).default('int32'),
      })
      .optional(),
    /** (B, T): 1 (or true) for events, 0 for padding. */
    mask: z
      .strictObject({
        name: valueName,
        type: z.enum(['float32', 'int32', 'int64', 'bool']).default('float32'),
      })
      .optional(),
  }),
  /** The side of a row that is filled up: `left` puts the newest event last. */
  padding: z.enum(['left', 'right']),
  /** Most events that one row may hold; longer histories are cut to their newest. */
  window: z.int().min(1).max(WINDOW).default(WINDOW),
  outputs: z.strictObject({
    /** float32 (B, size): state after the scored transaction. */
    embedding: z.strictObject({ name: valueName, size: z.int().min(1).max(1024) }),
    /** float32 (B, binEdges + 1): of the next amount, in ln(amount over the currency's median); the outer bins are open. */
    forecastAmount: z.strictObject({ name: valueName, form, binEdges }).optional(),
    /** float32 (B, 24): of the next hour of day, UTC. */
    forecastHour: z.strictObject({ name: valueName, form }).optional(),
    /** float32 (B, fields): −log₂ of the probability that was given to what the scored transaction shows, in bits. */
    surprise: z
      .strictObject({
        name: valueName,
        fields: z.array(z.enum(surpriseFields)).min(1).refine(isUnique, each),
      })
      .optional(),
  }),
});
export type ForeignManifest = z.infer<typeof foreignManifestSchema>;

/** Readings that an encoder may give, and whether this one does. */
export function providedReadings({ outputs }: Pick<ForeignManifest, 'outputs'>): string[] {
  return [
    'embedding',
    ...(outputs.forecastAmount ? ['forecast of the amount'] : []),
    ...(outputs.forecastHour ? ['forecast of the hour'] : []),
    ...(outputs.surprise ? outputs.surprise.fields.map((field) => `surprise of ${field}`) : []),
  ];
}

/**
 * The manifest of a JSON text.
 * @throws AppError FRAUD_ENCODER_REFUSED listing every problem with the place it is at
 */
export function parseForeignManifest(text: string): ForeignManifest {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch (cause) {
    throw new AppError('FRAUD_ENCODER_REFUSED', {
      detail: 'The manifest is no JSON.',
      facts: { reason: 'manifest' },
      cause,
    });
  }
  const parsed = foreignManifestSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new AppError('FRAUD_ENCODER_REFUSED', {
    detail: `The manifest does not hold:\n${z.prettifyError(parsed.error)}`,
    facts: { reason: 'manifest' },
  });
}
