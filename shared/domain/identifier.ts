// shared/domain/identifier.ts: the format of every id and token: printable ASCII, no bar, at most 64 characters.
import { z } from 'zod';

/**
 * Ids become keys of the state store, parts of other ids and words in logs: no control characters, nothing that
 * looks alike and differs, no `|` (it joins the parts of an entity key), no space at either end.
 */
export const identifierSchema = z
  .string()
  .regex(/^[!-{}~](?:[ -{}~]{0,62}[!-{}~])?$/, 'expected 1 to 64 printable ASCII characters without a bar');

/** Names and places: anything that can be stored and shown. (Half characters, which JSON escapes can hold, are refused at the edge.) */
export const textSchema = z.string().regex(
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  /^[^\u0000-\u001f\u007f-\u009f]*$/u,
  'expected no control characters',
);
