// shared/encoder/encoder-sizes.ts: sizes of an encoder as manifests hold them.
import { z } from 'zod';
import type { EncoderConfig } from './definition.ts';

export const encoderSizesSchema = z.object({
  name: z.string(),
  width: z.int().positive(),
  layers: z.int().positive(),
  heads: z.int().positive(),
  feedForward: z.int().positive(),
  window: z.int().positive(),
}) satisfies z.ZodType<EncoderConfig>;
