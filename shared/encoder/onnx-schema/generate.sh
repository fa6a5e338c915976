#!/usr/bin/env bash
# shared/encoder/onnx-schema/generate.sh: onnx.proto → onnx_pb.ts; enums become constant objects (erasable syntax only).
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
tools="$(mktemp -d)"
trap 'rm -rf "$tools"' EXIT
npm i --prefix "$tools" --no-fund --no-audit @bufbuild/buf@1.75.0 @bufbuild/protoc-gen-es@2.17.0 >/dev/null
cp "$here/onnx.proto" "$tools/"
cd "$tools"
echo 'version: v2' > buf.yaml
PATH="$tools/node_modules/.bin:$PATH" buf generate --path onnx.proto \
  --template '{"version":"v2","plugins":[{"local":"protoc-gen-es","out":".","opt":["target=ts"]}]}'
node -e '
  const { readFileSync, writeFileSync } = require("node:fs");
  const text = readFileSync("onnx_pb.ts", "utf8").replace(
    /export enum (\w+) \{\n([\s\S]*?)\n\}\n/g,
    (_, name, body) =>
      `export const ${name} = {\n${body.replace(/^(\s+)(\w+) = (-?\d+),$/gm, "$1$2: $3,")}\n} as const;\n` +
      `export type ${name} = (typeof ${name})[keyof typeof ${name}];\n`,
  );
  writeFileSync(process.argv[1], "// shared/encoder/onnx-schema/onnx_pb.ts: generated from onnx.proto by generate.sh; do not edit.\n" + text);
' "$here/onnx_pb.ts"
