// infra/local/start.mjs: npm start: set-up, then the demonstration from dist. Options: npm start -- --help
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { prepare, root } from './prepare.mjs';

const startedAtMs = Date.now();
const brokersAt = process.argv.findIndex(
  (argument) => argument === '--brokers' || argument.startsWith('--brokers='),
);
prepare({ brokers: brokersAt >= 0 });
const { demonstrate } = await import(pathToFileURL(join(root, 'dist/infra/local/demonstrate.js')).href);
process.exitCode = await demonstrate(process.argv.slice(2), startedAtMs);
