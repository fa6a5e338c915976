// shared/evaluation/mlflow.ts: a finished run into MLflow by its REST API: parameters, metrics, tags, files.
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { AppError } from '../errors.ts';
import type { RunRecord } from './run-record.ts';

const EXPERIMENT = 'fraudstream';
/** Limits of MLflow's log-batch call. */
const PARAMETERS_PER_CALL = 100;
const METRICS_PER_CALL = 1_000;
const TIMEOUT_MS = 30_000;

type Json = Readonly<Record<string, unknown>>;

export interface MlflowTarget {
  /** http(s) address of the tracking server, as MLFLOW_TRACKING_URI gives it. */
  readonly trackingUri: string;
  readonly experiment?: string;
}

/** @throws AppError FRAUD_INPUT_INVALID with MLflow's own words */
async function call(target: MlflowTarget, path: string, init: RequestInit): Promise<Response> {
  const url = `${target.trackingUri.replace(/\/+$/, '')}${path}`;
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (response.ok || response.status === 404) return response;
    throw new AppError('FRAUD_INPUT_INVALID', {
      field: 'MLFLOW_TRACKING_URI',
      detail: `MLflow answered ${response.status} to ${path}: ${(await response.text()).slice(0, 300)}`,
    });
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('FRAUD_INPUT_INVALID', {
      field: 'MLFLOW_TRACKING_URI',
      detail: 'The MLflow server cannot be reached.',
      cause,
    });
  }
}

async function post(target: MlflowTarget, name: string, body: Json): Promise<Record<string, unknown>> {
  const response = await call(target, `/api/2.0/mlflow/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return toObject(await response.json());
}

const toObject = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};

async function findExperiment(target: MlflowTarget): Promise<string> {
  const name = target.experiment ?? EXPERIMENT;
  const path = `/api/2.0/mlflow/experiments/get-by-name?experiment_name=${encodeURIComponent(name)}`;
  const found = await call(target, path, {});
  if (found.ok) return String(toObject(toObject(await found.json()).experiment).experiment_id);
  return String((await post(target, 'experiments/create', { name })).experiment_id);
}

/** `{a: {b: 1}}` → `a.b`: `1`. */
function flatten(value: unknown, prefix: string): [key: string, value: string][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [[prefix, (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 6_000)]];
  }
  return Object.entries(value).flatMap(([key, inner]) => flatten(inner, prefix ? `${prefix}.${key}` : key));
}

/** MLflow takes letters, digits, `_ - . / : space` in names. */
const toName = (name: string): string => name.replaceAll(/[^\w\-./: ]/g, '_');

function* slices<Value>(values: readonly Value[], size: number): Generator<Value[]> {
  for (let at = 0; at < values.length; at += size) yield values.slice(at, at + size);
}

async function logFigures(target: MlflowTarget, runId: string, record: RunRecord): Promise<void> {
  const timestamp = Date.parse(record.finishedAt ?? record.startedAt);
  const parameters = flatten(record.config, '').map(([key, value]) => ({ key: toName(key), value }));
  const metrics = Object.entries(record.metrics).flatMap(([key, value]) =>
    value === null ? [] : [{ key: toName(key), value, timestamp, step: 0 }],
  );
  for (const params of slices(parameters, PARAMETERS_PER_CALL)) {
    await post(target, 'runs/log-batch', { run_id: runId, params });
  }
  for (const some of slices(metrics, METRICS_PER_CALL)) {
    await post(target, 'runs/log-batch', { run_id: runId, metrics: some });
  }
}

async function logFiles(target: MlflowTarget, artifactUri: string, record: RunRecord, folder: string) {
  // Only a server that keeps artifacts itself (mlflow-artifacts:) takes them over HTTP.
  const root = /^mlflow-artifacts:\/*(.*)$/.exec(artifactUri)?.[1];
  if (root === undefined) return;
  for (const path of Object.values(record.artifacts)) {
    await call(target, `/api/2.0/mlflow-artifacts/artifacts/${root}/${basename(path)}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/octet-stream' },
      body: readFileSync(join(folder, path)),
    });
  }
}

/**
 * Logs a run: its configuration as parameters, its figures as metrics, inputs and candidate as tags, its files as artifacts.
 * @param folder the run folder
 * @returns MLflow's id of the run
 * @throws AppError FRAUD_INPUT_INVALID when the server cannot be reached or refuses
 */
export async function logToMlflow(target: MlflowTarget, record: RunRecord, folder: string): Promise<string> {
  const tags = {
    'mlflow.runName': record.id,
    kind: record.kind,
    seeds: record.seeds.join(','),
    ...(record.candidate !== undefined && { candidate: record.candidate }),
    ...Object.fromEntries(Object.entries(record.inputs).map(([name, digest]) => [`input.${name}`, digest])),
  };
  const created = await post(target, 'runs/create', {
    experiment_id: await findExperiment(target),
    run_name: record.id,
    start_time: Date.parse(record.startedAt),
    tags: Object.entries(tags).map(([key, value]) => ({ key: toName(key), value })),
  });
  const mlflowRun = toObject(toObject(created.run).info);
  const runId = String(mlflowRun.run_id);
  await logFigures(target, runId, record);
  await logFiles(target, String(mlflowRun.artifact_uri), record, folder);
  await post(target, 'runs/update', {
    run_id: runId,
    status: record.state === 'finished' ? 'FINISHED' : record.state === 'failed' ? 'FAILED' : 'RUNNING',
    ...(record.finishedAt !== undefined && { end_time: Date.parse(record.finishedAt) }),
  });
  return runId;
}
