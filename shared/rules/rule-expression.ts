// shared/rules/rule-expression.ts: the text of a rule → a typed, checked expression (CEL), ready to be asked.
import { type ASTNode, Environment } from '@marcbachmann/cel-js';
import { type Facts, factTypes } from './rule-facts.ts';

/** An expression that was checked. */
export interface RuleExpression {
  readonly kind: 'compiled';
  /** @throws what the expression throws, e.g. at a division of whole numbers by zero */
  isTrue(facts: Facts): boolean;
  /** Names of the features it reads. */
  readonly features: ReadonlySet<string>;
}

/** A text that is no such expression, and why, without the text. */
export interface RefusedExpression {
  readonly kind: 'refused';
  readonly why: string;
}

/** Deep enough for any rule a person can read. */
const limits = { maxDepth: 50, maxAstNodes: 1_000, maxListElements: 1_000 };

const environment = createEnvironment();

function createEnvironment(): Environment {
  let made = new Environment({ limits });
  for (const [name, type] of Object.entries(factTypes)) {
    made =
      typeof type === 'string'
        ? made.registerVariable(name, type)
        : made.registerVariable({ name, schema: { ...type } });
  }
  // Features hold counts as ln(1 + count), in single precision.
  return made.registerFunction('count(double): double', (logCount: number) =>
    Math.round(Math.expm1(logCount)),
  );
}

/** The text must give true or false, name only what there is, and end in a time that its length bounds. */
export function compileExpression(text: string): RuleExpression | RefusedExpression {
  const parsed = parse(text);
  if (typeof parsed === 'string') return refused(parsed);
  const { valid, type, error } = parsed.check();
  if (!valid) return refused(firstLineOf(error));
  if (type !== 'bool') return refused(`expected true or false, the expression gives ${type}`);
  const nodes = [...nodesOf(parsed.ast)];
  if (nodes.some((node) => node.op === 'rcall' && node.args[0] === 'matches')) {
    return refused('`matches` may take any time: use startsWith, endsWith, contains or `in`');
  }
  if (nodes.some((node) => node.op === '[]' && node.args[0].op === 'id')) {
    return refused('fields are named by a dot, as in merchant.mcc');
  }
  const features = new Set(nodes.flatMap((node) => featureOf(node) ?? []));
  return { kind: 'compiled', features, isTrue: (facts) => parsed(facts) === true };
}

const refused = (why: string): RefusedExpression => ({ kind: 'refused', why });

/** What follows the first line quotes the expression, which may hold ids. */
const firstLineOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';

function parse(text: string): ReturnType<Environment['parse']> | string {
  try {
    return environment.parse(text);
  } catch (error) {
    return firstLineOf(error);
  }
}

/** The root and everything below it. */
function* nodesOf(value: unknown): Generator<ASTNode> {
  if (Array.isArray(value)) for (const one of value) yield* nodesOf(one);
  else if (isNode(value)) {
    yield value;
    yield* nodesOf(value.args);
  }
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}

function featureOf(node: ASTNode): string | undefined {
  if (node.op !== '.') return undefined;
  const [from, name] = node.args;
  return from.op === 'id' && from.args === 'feature' ? name : undefined;
}
