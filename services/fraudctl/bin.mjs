#!/usr/bin/env node
// services/fraudctl/bin.mjs: starts the built fraudctl; installs first in a fresh clone, builds first when sources are newer.
import { ensureBuilt } from '../../infra/local/ensure-built.mjs';
import { ensureInstalled } from '../../infra/local/install-dependencies.mjs';

const root = new URL('../../', import.meta.url);
if (!ensureInstalled(root) || !ensureBuilt(root)) process.exit(1);
await import(new URL('dist/services/fraudctl/main.js', root).href);
