// shared/training/credit-card.ts: the model card of a credit version: data, figures, groups, use and limits.

/** One group of real clients, measured offline; membership is never an input. */
export interface CreditGroup {
  readonly group: string;
  readonly clients: number;
  readonly defaultRate: number;
  readonly auc: number;
  readonly approved: number;
}

export interface CreditCardParts {
  readonly modelVersion: string;
  readonly encoderVersion: string;
  readonly outcome: string;
  readonly report: Readonly<Record<string, number>>;
  readonly groups?: Readonly<Record<string, readonly CreditGroup[]>> | undefined;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function tellGroups(groups: Readonly<Record<string, readonly CreditGroup[]>>): string {
  const rows = Object.entries(groups).flatMap(([name, measured]) =>
    measured.map(
      (one) =>
        `| ${name}: ${one.group} | ${one.clients} | ${percent(one.defaultRate)} | ${one.auc.toFixed(3)} | ${percent(one.approved)} |`,
    ),
  );
  return `## By group

This version, trained on simulation, on the 30,000 real clients of UCI 350 (Taiwan 2005, CC BY 4.0, I-Cheng Yeh), of which it has
seen nothing. Sex and age are no inputs; they were joined to the answers afterwards, offline. Approved: the share within the safest
80 % of all clients. Made by \`npm run quality -- credit --variants none\`.

| group | clients | default rate | AUC | approved |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}

export function writeCreditCard(parts: CreditCardParts): string {
  const { modelVersion, encoderVersion, outcome, report, groups } = parts;
  const number = (name: string) => report[name] ?? Number.NaN;
  return `# ${modelVersion}

Probability of default of a credit account from its statements, repayments and limit: encoder ${encoderVersion} (pretrained without
labels), current figures, and a monotone network on both.

## What it is for

Demonstration, tests, and a starting point. It was trained on **simulated** accounts: it must not decide on anybody's credit before
it was trained and validated on the lender's own outcomes. Outcome: ${outcome}.

## What it was made from

${number('portfolios')} simulated portfolios of ${number('cards')} cards over ${number('days')} days (seeds from ${number('seed')}); portfolios of other seeds held out.

| accounts | judged | defaults |
| --- | --- | --- |
| training | ${number('trainingAccounts')} | ${number('trainingDefaults')} |
| held out | ${number('heldOutAccounts')} | ${number('heldOutDefaults')} |

On the held-out portfolios: AUC ${number('areaUnderCurve').toFixed(3)}, average precision ${number('averagePrecision').toFixed(3)}, mean probability ${percent(number('meanProbability'))} at ${percent(number('heldOutDefaults') / number('heldOutAccounts'))} defaults.

${groups ? tellGroups(groups) : ''}
## How it answers

- More months past due on any statement never lower the probability: no weight on that path is negative, and loading refuses one that is.
  The encoder reads the history with months past due hidden, since its own answer could fall.
- Score: 650 points at odds of 20 paying to 1 defaulting, 40 points double the odds, 300 to 850. It is no bureau's scale.
- Factors compare the account with a typical repaid one, one group of inputs at a time.
- Without a statement the answer is the base rate and says \`none\`; fewer than three statements say \`thin\`.

## Limits

- Sex, marital status, education, age, nationality, name and address are no inputs. Limit and amounts may still go along with them: look at the groups on your own portfolio.
- Amounts count against the portfolio's own median; a portfolio without a reference of its own is read as one in which amounts are as they are.
- Probabilities are calibrated to simulated accounts: ranks may carry over, levels do not.
`;
}
