// shared/features/account-features.ts: the account behind the card: pace over all its cards, known frauds, arrears.
import { EVENT_BYTES, readTimeMs } from '../sequence/packed-event.ts';
import { typeOf } from './codes.ts';
import { type FeatureInput, type FeatureSection, NEVER_DAYS, scaleCount } from './feature-input.ts';
import { DAY_MS, NO_TOTALS, totalsUntil } from './window-totals.ts';

const statementType = typeOf('statement');
const repaymentType = typeOf('repayment');

function measureAccount({ timeMs, account, settings }: FeatureInput): readonly number[] {
  const { view, firstByte } = account;
  const query = { toMs: timeMs, windowsDays: settings.windowsDays, countsFrauds: true };
  const [short = NO_TOTALS, middle = NO_TOTALS, long = NO_TOTALS] = totalsUntil(account, query);
  let pastDue = -1;
  let repaidDays = -1;
  for (let at = firstByte + (account.count - 1) * EVENT_BYTES; at >= firstByte; at -= EVENT_BYTES) {
    const type = view.getUint8(at + 6);
    if (type === statementType && pastDue < 0) pastDue = Math.max(0, view.getUint8(at + 11) - 1);
    if (type === repaymentType && repaidDays < 0) repaidDays = (timeMs - readTimeMs(view, at)) / DAY_MS;
    if (pastDue >= 0 && repaidDays >= 0) break;
  }
  return [
    scaleCount(short.count),
    scaleCount(short.sum),
    scaleCount(middle.count),
    scaleCount(long.frauds),
    scaleCount(Math.max(0, pastDue)),
    scaleCount(repaidDays < 0 ? NEVER_DAYS : Math.min(NEVER_DAYS, repaidDays)),
  ];
}

/** All zero without an account, except days since a repayment (NEVER_DAYS). */
export const accountSection: FeatureSection = {
  names: [
    'accountCountShort',
    'accountSumShort',
    'accountCountMiddle',
    'accountKnownFrauds',
    'accountMonthsPastDue',
    'accountDaysSinceRepayment',
  ],
  measure: measureAccount,
};
