// test/support/tell-verb.ts: a verb of fraudctl run in this process: what it prints.
import { Command } from 'commander';
import { vi } from 'vitest';

/** What goes to stdout. Rejects as the verb does; wrong usage rejects, too, and ends no process. */
export async function tellVerb(
  register: (program: Command) => void,
  words: readonly string[],
): Promise<string> {
  const printed: string[] = [];
  const write = vi
    .spyOn(process.stdout, 'write')
    .mockImplementation((text) => printed.push(String(text)) > 0);
  try {
    const program = new Command('fraudctl');
    register(program);
    for (const command of [program, ...program.commands]) {
      command.exitOverride().configureOutput({ writeErr: () => {} });
    }
    await program.parseAsync(words, { from: 'user' });
  } finally {
    write.mockRestore();
  }
  return printed.join('');
}
