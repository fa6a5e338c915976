// shared/encoder/onnx-graph.ts: encoder weights → ONNX model with the three readings as outputs of one pass.
import { AMOUNT_BINS, HOUR_BINS } from '../features/population-reference.ts';
import { CHANNEL_COUNT, ID_COUNT, SURPRISE_POSITIONS } from './channels.ts';
import {
  type EncoderConfig,
  type EncoderWeights,
  layerName,
  NOT_GIVEN,
  PLAIN_FORECASTS,
  READ_POSITIONS,
  weightShapes,
} from './definition.ts';
import { createOnnxBuilder, type OnnxBuilder } from './onnx-builder.ts';
import { TARGET_COUNT, TARGETS } from './targets.ts';
import { causalTable, readWeight } from './weights.ts';

interface Graph {
  readonly builder: OnnxBuilder;
  readonly config: EncoderConfig;
  readonly weights: EncoderWeights;
}

const LAYER_NORM = { axis: -1, epsilon: { float: 1e-5 } };

/** The named weight as an initializer, in the shape of the definition. */
function weight({ builder, config, weights }: Graph, name: string): string {
  const shape = weightShapes(config).find((each) => each.name === name)?.shape ?? [];
  return builder.weight(name, shape, readWeight(weights, name));
}

const multiply = (graph: Graph, value: string, name: string): string =>
  graph.builder.node('MatMul', [value, weight(graph, `${name}.weight`)]);

const dense = (graph: Graph, value: string, name: string): string =>
  graph.builder.node('Add', [multiply(graph, value, name), weight(graph, `${name}.bias`)]);

const norm = (graph: Graph, value: string, name: string): string =>
  graph.builder.node(
    'LayerNormalization',
    [value, weight(graph, `${name}.gain`), weight(graph, `${name}.bias`)],
    LAYER_NORM,
  );

/** The last READ_POSITIONS positions of (B, T, …). */
const lastPositions = ({ builder }: Graph, value: string): string =>
  builder.node('Slice', [
    value,
    builder.integers([-READ_POSITIONS]),
    builder.integers([2 ** 31 - 1]),
    builder.integers([1]),
  ]);

function embedInputs(graph: Graph, channels: string, ids: string): string {
  const { builder } = graph;
  const columns = builder.nodes('Split', [ids], ID_COUNT, { axis: 2, num_outputs: ID_COUNT });
  return ['input.type', 'input.category', 'input.entryMode'].reduce(
    (sum, name, index) => {
      const column = builder.node('Squeeze', [columns[index] ?? '', builder.integers([2])]);
      return builder.node('Add', [sum, builder.node('Gather', [weight(graph, name), column], { axis: 0 })]);
    },
    dense(graph, channels, 'input.channels'),
  ); // (B, T, H)
}

/** (B, T, heads · d) → (B, heads, T, d), or keys → (B, heads, d, T). */
function splitHeads({ builder, config }: Graph, value: string, isKey: boolean): string {
  const shape = builder.integers([0, 0, config.heads, config.width / config.heads]);
  return builder.node('Transpose', [builder.node('Reshape', [value, shape])], {
    perm: isKey ? [0, 2, 3, 1] : [0, 2, 1, 3],
  });
}

interface Masks {
  /** window − T: where a row of T positions begins in a table of `window` positions; int64 (1). */
  readonly firstPosition: string;
  /** 0 for a real position, −1e9 for padding; (B, 1, 1, T). */
  readonly padding: string;
}

/** Relative-position bias and causal mask of the last `queries` positions (all when undefined): (heads, Q, T). */
function positionBias(graph: Graph, name: string, masks: Masks, queries?: number): string {
  const { builder, config, weights } = graph;
  const { heads, window } = config;
  const relative = readWeight(weights, `${name}.attention.relative`);
  const bias = causalTable(relative, config, queries ?? window);
  const constant = builder.weight(`${name}.attention.bias`, [heads, queries ?? window, window], bias);
  const axes = queries ? [2] : [1, 2];
  const starts = queries
    ? masks.firstPosition
    : builder.node('Concat', [masks.firstPosition, masks.firstPosition], { axis: 0 });
  const ends = builder.integers(axes.map(() => window));
  return builder.node('Slice', [constant, starts, ends, builder.integers(axes)]);
}

/** One transformer layer. With `queries`, only the last positions go on: (B, T, H) → (B, queries, H). */
function layer(
  graph: Graph,
  input: string,
  options: { index: number; masks: Masks; queries?: number },
): string {
  const { builder, config } = graph;
  const { masks, queries } = options;
  const name = layerName(options.index);
  const normed = norm(graph, input, `${name}.attention.norm`);
  const residual = queries ? lastPositions(graph, input) : input;
  const asking = queries ? lastPositions(graph, normed) : normed;
  const query = splitHeads(graph, multiply(graph, asking, `${name}.attention.query`), false);
  const key = splitHeads(graph, multiply(graph, normed, `${name}.attention.key`), true);
  const value = splitHeads(graph, multiply(graph, normed, `${name}.attention.value`), false);
  const scores = builder.node('MatMul', [query, key]); // (B, heads, Q, T)
  const biased = builder.node('Add', [scores, positionBias(graph, name, masks, queries)]);
  const attention = builder.node('Softmax', [builder.node('Add', [biased, masks.padding])], { axis: -1 });
  const mixed = builder.node('Transpose', [builder.node('MatMul', [attention, value])], {
    perm: [0, 2, 1, 3],
  });
  const joined = builder.node('Reshape', [mixed, builder.integers([0, 0, config.width])]);
  const attended = builder.node('Add', [residual, multiply(graph, joined, `${name}.attention.output`)]);
  const hidden = multiply(graph, norm(graph, attended, `${name}.feedForward.norm`), `${name}.feedForward.in`);
  const added = multiply(graph, builder.node('Relu', [hidden]), `${name}.feedForward.out`);
  return builder.node('Add', [attended, added]);
}

function masksOf({ builder, config }: Graph, mask: string): Masks {
  const length = builder.node('Gather', [builder.node('Shape', [mask]), builder.integers([1])], { axis: 0 });
  const absent = builder.node('Sub', [mask, builder.scalar(1)]);
  const padding = builder.node('Mul', [absent, builder.scalar(1e9)]);
  return {
    firstPosition: builder.node('Sub', [builder.integers([config.window]), length]),
    padding: builder.node('Unsqueeze', [padding, builder.integers([1, 2])]),
  };
}

/** Forecasts of all read states; `logProbability` per field, (B, READ_POSITIONS, bins). */
function forecasts(graph: Graph, states: string, targetOf: (field: keyof typeof TARGETS) => string) {
  const { builder } = graph;
  const logSoftmax = (logits: string) => builder.node('LogSoftmax', [logits], { axis: -1 });
  const plain = builder.nodes(
    'Split',
    [dense(graph, states, 'forecast.plain'), builder.integers(PLAIN_FORECASTS.map((each) => each.size))],
    PLAIN_FORECASTS.length,
    { axis: 2 },
  );
  // Condition tables have a row for "not given", so a missing condition leaves the forecast plain.
  const given = (field: 'gap' | 'hour' | 'category', tableName: string) => {
    const target = targetOf(field);
    const isKnown = builder.node('GreaterOrEqual', [target, builder.int32Scalar(0)]);
    const row = builder.node('Where', [isKnown, target, builder.int32Scalar(NOT_GIVEN[field])]);
    return builder.node('Gather', [weight(graph, tableName), row], { axis: 0 });
  };
  const conditional = (name: string, conditions: string[]) => {
    const trunk = dense(graph, states, `${name}.trunk`);
    const sum = conditions.reduce((total, each) => builder.node('Add', [total, each]), trunk);
    return logSoftmax(dense(graph, builder.node('Relu', [sum]), `${name}.out`));
  };
  const [gap = '', category = '', entryMode = '', sameMerchant = ''] = plain.map(logSoftmax);
  const hour = conditional('forecast.hour', [given('gap', 'forecast.hour.gap')]);
  const amount = conditional('forecast.amount', [
    given('category', 'forecast.amount.category'),
    given('hour', 'forecast.amount.hour'),
  ]);
  return { gap, hour, category, amount, entryMode, sameMerchant };
}

/** −log₂ p of each target, 0 where there is none: (B, SURPRISE_POSITIONS, TARGET_COUNT). */
function surprise(
  builder: OnnxBuilder,
  logProbabilities: Record<keyof typeof TARGETS, string>,
  targets: string,
) {
  const index = builder.node('Max', [targets, builder.int32Scalar(0)]);
  const columns = builder.nodes('Split', [index], TARGET_COUNT, { axis: 2, num_outputs: TARGET_COUNT });
  const fields = Object.keys(TARGETS) as (keyof typeof TARGETS)[];
  const picked = fields.map((field) =>
    builder.node('GatherElements', [logProbabilities[field], columns[TARGETS[field]] ?? ''], { axis: 2 }),
  );
  const isKnown = builder.node('Cast', [builder.node('GreaterOrEqual', [targets, builder.int32Scalar(0)])], {
    to: 1,
  });
  const bits = builder.node('Mul', [
    builder.node('Concat', picked, { axis: 2 }),
    builder.scalar(-Math.LOG2E),
  ]);
  const known = builder.node('Mul', [bits, isKnown]);
  return builder.node('Slice', [
    known,
    builder.integers([0]),
    builder.integers([SURPRISE_POSITIONS]),
    builder.integers([1]),
  ]);
}

/**
 * The encoder as an ONNX model. Inputs: channels (B, T, CHANNEL_COUNT), ids (B, T, 3), mask (B, T), targets
 * (B, SURPRISE_POSITIONS, TARGET_COUNT). Outputs: embedding (B, H), forecast_amount (B, AMOUNT_BINS) and forecast_hour
 * (B, HOUR_BINS) as log-probabilities, surprise (B, SURPRISE_POSITIONS, TARGET_COUNT) in bits.
 */
export function toOnnxModel(config: EncoderConfig, weights: EncoderWeights): Uint8Array {
  const builder = createOnnxBuilder();
  const graph: Graph = { builder, config, weights };
  const channels = builder.input('channels', 'float32', ['B', 'T', CHANNEL_COUNT]);
  const ids = builder.input('ids', 'int32', ['B', 'T', ID_COUNT]);
  const masks = masksOf(graph, builder.input('mask', 'float32', ['B', 'T']));
  const given = builder.input('targets', 'int32', ['B', SURPRISE_POSITIONS, TARGET_COUNT]);
  // The state after x has nothing to compare with: one more row of "no target" makes its forecasts plain.
  const targets = builder.node('Pad', [given, builder.integers([0, 0, 0, 0, 1, 0]), builder.int32Scalar(-1)]);
  const targetColumns = builder.nodes('Split', [targets], TARGET_COUNT, {
    axis: 2,
    num_outputs: TARGET_COUNT,
  });
  const targetOf = (field: keyof typeof TARGETS) =>
    builder.node('Squeeze', [targetColumns[TARGETS[field]] ?? '', builder.integers([2])]);

  let states = embedInputs(graph, channels, ids);
  for (let index = 0; index < config.layers; index++) {
    const isLast = index === config.layers - 1;
    states = layer(graph, states, { index, masks, ...(isLast ? { queries: READ_POSITIONS } : {}) });
  }
  const read = norm(graph, states, 'output.norm'); // (B, READ_POSITIONS, H)
  const logProbabilities = forecasts(graph, read, targetOf);
  const afterX = (value: string) =>
    builder.node('Gather', [value, builder.integers(SURPRISE_POSITIONS)], { axis: 1 });
  builder.output('embedding', afterX(read), ['B', config.width]);
  builder.output('forecast_amount', afterX(logProbabilities.amount), ['B', AMOUNT_BINS]);
  builder.output('forecast_hour', afterX(logProbabilities.hour), ['B', HOUR_BINS]);
  builder.output('surprise', surprise(builder, logProbabilities, targets), [
    'B',
    SURPRISE_POSITIONS,
    TARGET_COUNT,
  ]);
  return builder.build(`encoder-${config.name}`, { config: JSON.stringify(config) });
}
