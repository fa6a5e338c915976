// test/support/readme-blocks.ts: the code blocks of one section of the README, so that what it shows is what runs.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../shared/config/package-root.ts';

/** Blocks in `language` between this heading and the next one of its level, in order. */
export function readReadmeBlocks(heading: string, language: string): string[] {
  const readme = readFileSync(join(packageRoot, 'README.md'), 'utf8');
  const section = readme.split(/^## /m).find((part) => part.startsWith(`${heading}\n`));
  if (section === undefined) throw new RangeError(`README has no section ${heading}`);
  const blocks = section.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'gm'));
  return [...blocks].map(([, text = '']) => text);
}
