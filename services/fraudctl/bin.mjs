#!/usr/bin/env node
// services/fraudctl/bin.mjs: starts the built fraudctl; builds it first when sources are newer.
import { ensureBuilt } from '../../infra/local/ensure-built.mjs';

const root = new URL('../../', import.meta.url);
if (!ensureBuilt(root)) process.exit(1);
await import(new URL('dist/services/fraudctl/main.js', root).href);
