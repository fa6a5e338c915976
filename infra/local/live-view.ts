// infra/local/live-view.ts: the terminal picture of a demonstration, drawn twice a second.
import { createLogUpdate } from 'log-update';
import colors from 'picocolors';
import type { Observed } from './observer.ts';

export interface ViewFacts {
  readonly observed: Observed;
  readonly seconds: number;
  readonly perSecond: number;
  readonly lag: number;
  readonly precision: number | undefined;
  readonly model: string;
  readonly provider: string;
}

const number = (value: number) => value.toLocaleString('en');
const padded = (label: string, value: string) => `${colors.dim(label.padEnd(14))}${value.padStart(12)}`;

function toAlertLines({ recentAlerts }: Observed): string[] {
  if (recentAlerts.length === 0) return [colors.dim('  none yet')];
  return recentAlerts.map(({ alert, isFraud }) => {
    const verb = alert.decision === 'decline' ? colors.red('decline') : colors.yellow('review ');
    const amount = `${(alert.amountMinor / 100).toFixed(2)} ${alert.currency}`.padStart(16);
    const reasons = alert.reasonCodes
      .slice(0, 2)
      .map(({ code, contribution }) => `${code} ${contribution.toFixed(1)}`);
    const truth = isFraud ? colors.green('fraud  ') : colors.dim('genuine');
    return `  ${verb} ${alert.score.toFixed(3)} ${amount}  ${truth}  ${reasons.join(', ')}`;
  });
}

/** The picture as text; `truth` is what the simulator knows. */
export function drawView({
  observed,
  seconds,
  perSecond,
  lag,
  precision,
  model,
  provider,
}: ViewFacts): string {
  const { sent, decisions, alerts, deadLetters, latencyMs, frauds } = observed;
  return [
    `${colors.bold('fraudstream')}  ${seconds.toFixed(0)} s   model ${model} on ${provider}   ${colors.dim('Ctrl-C stops everything')}`,
    '',
    `${padded('transactions', number(sent))}   ${padded('decided/s', number(Math.round(perSecond)))}   ${padded('p50', `${latencyMs.p50.toFixed(1)} ms`)}`,
    `${padded('decisions', number(decisions))}   ${padded('lag', number(lag))}   ${padded('p99', `${latencyMs.p99.toFixed(1)} ms`)}`,
    `${padded('alerts', number(alerts))}   ${padded('dead letters', number(deadLetters))}   ${padded('av. precision', precision === undefined ? '–' : precision.toFixed(3))}`,
    '',
    `${colors.bold('Alerts')} ${colors.dim(`newest first; reasons in bits; truth known to the simulator: ${frauds} frauds so far`)}`,
    ...toAlertLines(observed),
  ].join('\n');
}

/** Draws over itself on standard error, so that standard output stays for results. */
export function createView(): { draw(facts: ViewFacts): void; done(): void } {
  const update = createLogUpdate(process.stderr);
  return { draw: (facts) => update(drawView(facts)), done: () => update.done() };
}
