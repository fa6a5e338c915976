// shared/training/backend.ts: chooses the tfjs backend to train on, best first, and says which one it took and why.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import util from 'node:util';
import type * as tfjs from '@tensorflow/tfjs';
import { packageRoot } from '../config/package-root.ts';
import { AppError } from '../errors.ts';

/** The tfjs namespace. Passed along, never imported by value: each backend package brings its own copy. */
export type TensorFlow = typeof tfjs;

/** In the order in which they are tried. */
export const backendNames = ['tfjs-node-gpu', 'native', 'webgpu', 'wasm', 'cpu'] as const;
export type BackendName = (typeof backendNames)[number];

export interface Backend {
  readonly tf: TensorFlow;
  readonly name: BackendName;
  /** Backends tried before, each with the reason why it is not used. */
  readonly passedOver: readonly { readonly name: BackendName; readonly reason: string }[];
}

const requireFromPackage = createRequire(join(packageRoot, 'package.json'));

/** Folder in which `npm run setup:tensorflow` builds the native addon. */
export function tensorflowDirectory(): string {
  return process.env.FRAUD_TENSORFLOW_DIR ?? join(packageRoot, '.fraud', 'tensorflow');
}

/** tfjs-node 4.22 calls a function that Node 23 removed. */
function restoreIsNullOrUndefined(): void {
  if ('isNullOrUndefined' in util) return;
  Object.assign(requireFromPackage('node:util'), {
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
  });
}

function quietTensorflow(): void {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
}

async function loadAddon(load: () => TensorFlow): Promise<TensorFlow> {
  restoreIsNullOrUndefined();
  quietTensorflow();
  const tf = load();
  await tf.ready();
  if (tf.getBackend() !== 'tensorflow') throw new Error(`it registered "${tf.getBackend()}"`);
  return tf;
}

async function loadPlain(name: string, prepare: () => Promise<void>): Promise<TensorFlow> {
  const tf: TensorFlow = await import('@tensorflow/tfjs');
  await prepare();
  if (!(await tf.setBackend(name))) throw new Error(`tfjs refused backend "${name}"`);
  await tf.ready();
  return tf;
}

async function prepareWasm(): Promise<void> {
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  const folder = join(packageRoot, 'node_modules', '@tensorflow', 'tfjs-backend-wasm', 'dist');
  setWasmPaths(`${folder}/`);
}

async function prepareWebgpu(): Promise<void> {
  for (const name of ['webgpu', '@tensorflow/tfjs-backend-webgpu']) {
    await import(pathToFileURL(requireFromPackage.resolve(name)).href);
  }
}

const loaders: Record<BackendName, () => Promise<TensorFlow>> = {
  'tfjs-node-gpu': () => loadAddon(() => requireFromPackage('@tensorflow/tfjs-node-gpu')),
  native: () => {
    const directory = tensorflowDirectory();
    if (!existsSync(join(directory, 'ready'))) throw new Error('not built: run `npm run setup:tensorflow`');
    return loadAddon(() => createRequire(join(directory, 'package.json'))('@tensorflow/tfjs-node'));
  },
  webgpu: () => loadPlain('webgpu', prepareWebgpu),
  wasm: () => loadPlain('wasm', prepareWasm),
  cpu: () => loadPlain('cpu', async () => {}),
};

const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? 'unknown';

/**
 * The first backend that loads, or the one asked for.
 * @throws AppError FRAUD_PREREQUISITE_MISSING when the one asked for does not load
 */
export async function chooseBackend(wanted?: BackendName): Promise<Backend> {
  const passedOver: { name: BackendName; reason: string }[] = [];
  for (const name of wanted ? [wanted] : backendNames) {
    try {
      return { tf: await loaders[name](), name, passedOver };
    } catch (error) {
      if (wanted) {
        throw new AppError('FRAUD_PREREQUISITE_MISSING', {
          detail: `Training backend ${name}: ${reasonOf(error)}`,
          cause: error,
        });
      }
      passedOver.push({ name, reason: reasonOf(error) });
    }
  }
  throw new AppError('FRAUD_PREREQUISITE_MISSING', { detail: 'No training backend loads.' });
}
