// services/fraudctl/verbs/audit.ts: `fraudctl audit`: conservation, recomputed from the topics alone.
import type { Command } from 'commander';
import { type AuditReport, auditTopics } from '../../../shared/kafka/audit.ts';
import { type KafkaOptions, toConnection, toTopics, withKafkaOptions } from '../kafka-options.ts';
import { createProgress } from '../progress.ts';

/** Adds the verb. */
export function register(program: Command): void {
  withKafkaOptions(
    program
      .command('audit')
      .description(
        'is every transaction answered exactly once? recomputed from the topics, not from counters',
      ),
  )
    .addHelpText(
      'after',
      '\nRun it when the scorer has caught up: while traffic runs, what is not answered yet is missing. Exit code 1 when something is not conserved.',
    )
    .action(audit);
}

async function audit(options: KafkaOptions): Promise<void> {
  const progress = createProgress('records');
  const report = await auditTopics({
    connection: toConnection(options),
    topics: toTopics(options),
    onProgress: progress.update,
  }).finally(progress.stop);
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : toText(report));
  if (!report.conserved) process.exitCode = 1;
}

function toText(report: AuditReport): string {
  const { conserved, unansweredAt, shortened, grewMeanwhile, ...counts } = report;
  const width = Math.max(...Object.keys(counts).map((name) => name.length));
  const lines = Object.entries(counts).map(([name, count]) => `${name.padEnd(width)}  ${count}`);
  if (unansweredAt.length > 0) lines.push(`without an answer: ${unansweredAt.join(', ')}`);
  if (shortened.length > 0) lines.push(`oldest records already deleted: ${shortened.join(', ')}`);
  return `${lines.join('\n')}\n${toVerdict(conserved, grewMeanwhile)}\n`;
}

function toVerdict(conserved: boolean, grewMeanwhile: boolean): string {
  if (conserved) return 'conserved';
  return grewMeanwhile
    ? 'NOT CONSERVED, or not yet: records came while the topics were read. Stop the traffic, wait until the scorer has caught up, run it again.'
    : 'NOT CONSERVED';
}
