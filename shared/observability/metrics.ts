// shared/observability/metrics.ts: every metric, declared once with unit, labels and buckets; labels come from closed sets only.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Metrics of a scoring process. */
export interface ScorerMetrics {
  readonly registry: Registry;
  readonly consumed: Counter<'topic'>;
  readonly decided: Counter<'decision' | 'tier'>;
  readonly flagged: Counter<'reasons'>;
  readonly applied: Counter;
  readonly deadLettered: Counter<'reason'>;
  readonly redelivered: Counter;
  readonly retries: Counter;
  readonly outcomesMarked: Counter<'label'>;
  readonly parkedEvidence: Counter<'end'>;
  readonly unknownFields: Counter;
  readonly shadowScores: Counter<'result'>;
  readonly shadowRecordsLost: Counter;
  readonly canaryDecisions: Counter<'decision'>;
  readonly canaryRollBacks: Counter<'condition'>;
  readonly ruleHits: Counter<'code' | 'effect' | 'mode'>;
  readonly ruleFiles: Counter<'result'>;
  readonly rulesInUse: Gauge<'digest'>;
  readonly idsLikeCardNumbers: Counter;
  readonly scoreDuration: Histogram<'stage'>;
  readonly chunkRecords: Histogram;
  readonly queuedPositions: Gauge;
  readonly lag: Gauge<'topic'>;
  readonly encoderProvider: Gauge<'provider'>;
  readonly champion: Gauge<'model_version'>;
  readonly championFence: Gauge;
  readonly modelSwaps: Counter<'end'>;
}

/** Latency buckets in seconds: half a millisecond to ten seconds. */
const stageBuckets = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

/** What became of records and their fields. */
function createCounters(registers: Registry[]) {
  return {
    consumed: new Counter({
      name: 'fraud_records_consumed_total',
      help: 'Records read.',
      labelNames: ['topic'],
      registers,
    }),
    decided: new Counter({
      name: 'fraud_decisions_total',
      help: 'Transactions decided for the first time.',
      labelNames: ['decision', 'tier'],
      registers,
    }),
    flagged: new Counter({
      name: 'fraud_flagged_total',
      help: 'Reviews and declines, by what their reasons come from.',
      labelNames: ['reasons'],
      registers,
    }),
    applied: new Counter({
      name: 'fraud_applied_total',
      help: 'Events applied to a history without a decision.',
      registers,
    }),
    deadLettered: new Counter({
      name: 'fraud_dead_letters_total',
      help: 'Records refused, by error code.',
      labelNames: ['reason'],
      registers,
    }),
    redelivered: new Counter({
      name: 'fraud_redelivered_total',
      help: 'Records read again whose stored decision went out again.',
      registers,
    }),
    retries: new Counter({
      name: 'fraud_dependency_retries_total',
      help: 'What was tried again because the broker, the state store or the encoder failed.',
      registers,
    }),
    parkedEvidence: new Counter({
      name: 'fraud_parked_evidence_total',
      help: 'Parked evidence that met its transaction, or waited too long for it.',
      labelNames: ['end'],
      registers,
    }),
    outcomesMarked: new Counter({
      name: 'fraud_outcomes_marked_total',
      help: 'Outcomes marked in histories.',
      labelNames: ['label'],
      registers,
    }),
    idsLikeCardNumbers: new Counter({
      name: 'fraud_ids_like_card_numbers_total',
      help: 'Accepted ids that look like a card number: 3 % of 16-digit ids are chance, nearly all are a sender’s mistake.',
      registers,
    }),
    unknownFields: new Counter({
      name: 'fraud_unknown_fields_total',
      help: 'Fields of transactions that no schema names (ignored).',
      registers,
    }),
  };
}

/** What lists and rules beside the model found, and which of them are in use. */
function createRuleMetrics(registers: Registry[]) {
  return {
    shadowScores: new Counter({
      name: 'fraud_shadow_scores_total',
      help: 'Scores of challengers beside the champion’s: scored, dropped because nobody had the time, failed.',
      labelNames: ['result'],
      registers,
    }),
    shadowRecordsLost: new Counter({
      name: 'fraud_shadow_records_lost_total',
      help: 'Records of shadow scores that the broker did not take; nothing waits for them.',
      registers,
    }),
    canaryDecisions: new Counter({
      name: 'fraud_canary_decisions_total',
      help: 'Transactions that the challenger decided as a canary.',
      labelNames: ['decision'],
      registers,
    }),
    canaryRollBacks: new Counter({
      name: 'fraud_canary_roll_backs_total',
      help: 'Canaries that ended by themselves, by the condition that ended them.',
      labelNames: ['condition'],
      registers,
    }),
    ruleHits: new Counter({
      name: 'fraud_rule_hits_total',
      help: 'Decisions that a list or rule hit: live, in shadow, or not judged because it could not be asked.',
      labelNames: ['code', 'effect', 'mode'],
      registers,
    }),
    ruleFiles: new Counter({
      name: 'fraud_rule_files_total',
      help: 'Rules files that changed: taken, or refused because they are invalid.',
      labelNames: ['result'],
      registers,
    }),
    rulesInUse: new Gauge({
      name: 'fraud_rules_info',
      help: '1 for the digest of the rules in use; none where there are no rules.',
      labelNames: ['digest'],
      registers,
    }),
  };
}

/** Which version decides, and what became of the moves that were followed. */
function createModelMetrics(registers: Registry[]) {
  return {
    champion: new Gauge({
      name: 'fraud_champion_info',
      help: '1 for the version that decides; one series at a time.',
      labelNames: ['model_version'],
      registers,
    }),
    championFence: new Gauge({
      name: 'fraud_champion_fence',
      help: 'Number of the move of the alias that made it champion: equal on replicas that agree.',
      registers,
    }),
    modelSwaps: new Counter({
      name: 'fraud_model_swaps_total',
      help: 'Versions replaced while serving, refused before serving, encoders restarted, and started anew beside other challengers.',
      labelNames: ['end'],
      registers,
    }),
  };
}

/** A registry of its own per process (and per test). */
export function createScorerMetrics(): ScorerMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    ...createCounters(registers),
    ...createRuleMetrics(registers),
    ...createModelMetrics(registers),
    scoreDuration: new Histogram({
      name: 'fraud_stage_duration_seconds',
      help: 'Duration of one pipeline stage for one chunk.',
      labelNames: ['stage'],
      buckets: stageBuckets,
      registers,
    }),
    chunkRecords: new Histogram({
      name: 'fraud_chunk_records',
      help: 'Records handled together.',
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024],
      registers,
    }),
    queuedPositions: new Gauge({
      name: 'fraud_encoder_queued_positions',
      help: 'Padded positions waiting or in flight.',
      registers,
    }),
    lag: new Gauge({
      name: 'fraud_consumer_lag_records',
      help: 'Records behind the end of the topic.',
      labelNames: ['topic'],
      registers,
    }),
    encoderProvider: new Gauge({
      name: 'fraud_encoder_provider_info',
      help: '1 for the execution provider in use.',
      labelNames: ['provider'],
      registers,
    }),
  };
}
