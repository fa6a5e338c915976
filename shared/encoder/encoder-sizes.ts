// shared/encoder/encoder-sizes.ts: sizes of an encoder as manifests hold them.
import { z } from 'zod';
import type { EncoderConfig } from './definition.ts';

export const encoderSizesSchema = z.object({
  name: z.string(),
  width: z.int().positive(),
  /** 0 (and the next two) for an imported encoder: it is not made from our definition. */
  layers: z.int().min(0),
  heads: z.int().min(0),
  feedForward: z.int().min(0),
  window: z.int().positive(),
}) satisfies z.ZodType<EncoderConfig>;
