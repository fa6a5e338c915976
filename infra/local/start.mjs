// infra/local/start.mjs: npm start: set-up, then the demonstration from dist. Options: npm start -- --help
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { prepare, root } from './prepare.mjs';

const startedAtMs = Date.now();
const options = process.argv.slice(2);
const brokersAt = options.findIndex((option) => option === '--brokers' || option.startsWith('--brokers='));
const brokers = brokersAt < 0 ? undefined : (options[brokersAt].split('=')[1] ?? options[brokersAt + 1]);
prepare(brokers);
const { demonstrate } = await import(pathToFileURL(join(root, 'dist/infra/local/demonstrate.js')).href);
process.exitCode = await demonstrate(options, startedAtMs);
