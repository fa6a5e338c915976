// test/infra/gpu-setup.test.ts: the GPU set-up's check tells what is missing and what to do; it changes and downloads nothing.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../../shared/config/package-root.ts';
import { nativeBindingFolder } from '../../shared/encoder/onnx-binding.ts';

const script = join(packageRoot, 'infra/gpu/setup.sh');
const isInstalled = existsSync(join(nativeBindingFolder(), 'libonnxruntime_providers_cuda.so'));

test.runIf(process.platform === 'linux')(
  '--check ends with what was found, or with the command that brings it',
  () => {
    const { status, stdout, stderr } = spawnSync('bash', [script, '--check'], { encoding: 'utf8' });
    if (isInstalled) {
      // 2: complete but for the driver, which no set-up can bring.
      expect([0, 2]).toContain(status);
      expect(stdout).toContain('every library found');
    } else {
      expect(status).toBe(1);
      expect(stderr).toContain('npm run setup:gpu');
    }
  },
);
