// services/scoring-api/api-metrics.ts: the scorer's metrics and those that only HTTP has; labels come from closed sets.
import { Counter, Gauge, Histogram } from 'prom-client';
import { createScorerMetrics, type ScorerMetrics } from '../../shared/observability/metrics.ts';

export interface ApiMetrics extends ScorerMetrics {
  readonly requests: Counter<'route' | 'status'>;
  readonly refused: Counter<'code'>;
  readonly requestDuration: Histogram<'route'>;
  readonly requestsInHand: Gauge;
  readonly refusedAtTheDoor: Counter;
  readonly replayed: Counter;
  readonly circuitOpen: Gauge;
}

/** Seconds: one millisecond to ten. */
const buckets = [0.001, 0.002, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

export function createApiMetrics(): ApiMetrics {
  const metrics = createScorerMetrics();
  const registers = [metrics.registry];
  return {
    ...metrics,
    requests: new Counter({
      name: 'fraud_http_requests_total',
      help: 'Requests answered, by route pattern and status.',
      labelNames: ['route', 'status'],
      registers,
    }),
    refused: new Counter({
      name: 'fraud_http_refusals_total',
      help: 'Requests answered with a problem, by error code.',
      labelNames: ['code'],
      registers,
    }),
    requestDuration: new Histogram({
      name: 'fraud_http_request_duration_seconds',
      help: 'From the arrival of the headers to the end of the answer.',
      labelNames: ['route'],
      buckets,
      registers,
    }),
    requestsInHand: new Gauge({
      name: 'fraud_http_requests_in_hand',
      help: 'Requests open now.',
      registers,
    }),
    refusedAtTheDoor: new Counter({
      name: 'fraud_http_refused_at_the_door_total',
      help: 'Requests answered 429 before any work, because too many were in hand.',
      registers,
    }),
    replayed: new Counter({
      name: 'fraud_http_replayed_total',
      help: 'Repeated requests answered with the bytes of the first time.',
      registers,
    }),
    circuitOpen: new Gauge({
      name: 'fraud_encoder_circuit_open',
      help: '1 while the encoder is not asked because it failed.',
      registers,
    }),
  };
}
