#!/usr/bin/env bash
# infra/tensorflow/setup.sh: builds the native training backend (the tfjs-node addon) against TensorFlow's own wheel. About a minute.
#
#   npm run setup:tensorflow            CPU
#   npm run setup:tensorflow -- --gpu   CUDA 12 (needs NVIDIA's CUDA 12 libraries on LD_LIBRARY_PATH; never tried on a GPU by us)
#
# The addon as published downloads a TensorFlow of 2022 from a storage host. Here everything comes from the npm and Python
# registries: the addon's sources from npm, headers and libraries from the wheel. It goes to .fraud/tensorflow (1.5 GB, git-ignored).
set -euo pipefail

tfjs_version=4.22.0
tensorflow_version=2.21.0
wheel_platform=manylinux_2_27_x86_64
package=tensorflow_cpu
[[ "${1:-}" == "--gpu" ]] && package=tensorflow

missing=()
command -v g++ >/dev/null || missing+=("g++      (Debian, Ubuntu: apt-get install g++)")
command -v make >/dev/null || missing+=("make     (Debian, Ubuntu: apt-get install make)")
command -v python3 >/dev/null || missing+=("python3  (Debian, Ubuntu: apt-get install python3 python3-pip)")
command -v python3 >/dev/null && ! python3 -m pip --version >/dev/null 2>&1 && missing+=("pip      (Debian, Ubuntu: apt-get install python3-pip)")
[[ "$(uname -sm)" == "Linux x86_64" ]] || missing+=("Linux on x86-64 (elsewhere training falls back to wasm)")
if ((${#missing[@]})); then
  printf 'Missing:\n' >&2
  printf '  %s\n' "${missing[@]}" >&2
  exit 1
fi

root="$(cd "$(dirname "$0")/../.." && pwd)"
target="${FRAUD_TENSORFLOW_DIR:-$root/.fraud/tensorflow}"
addon="$target/node_modules/@tensorflow/tfjs-node"
if [[ -f "$target/ready" ]] && grep -qx "$package $tensorflow_version tfjs $tfjs_version node $(node -p process.versions.modules)" "$target/ready"; then
  echo "Already built: $addon"
  exit 0
fi

rm -rf "$target"
mkdir -p "$target/wheel"
echo '{ "private": true }' > "$target/package.json"

echo "1/4 npm: @tensorflow/tfjs-node@$tfjs_version, without its install script"
npm install --prefix "$target" --ignore-scripts --no-audit --no-fund --loglevel=error "@tensorflow/tfjs-node@$tfjs_version"

echo "2/4 pip: $package $tensorflow_version (a wheel of some 270 MB; nothing is installed into Python)"
python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --python-version 3.11 \
  --platform "$wheel_platform" --dest "$target/wheel" "$package==$tensorflow_version"

echo "3/4 unpacking headers and libraries"
python3 - "$target/wheel" "$addon/deps" <<'PYTHON'
import glob, os, shutil, sys, zipfile
wheel, deps = glob.glob(os.path.join(sys.argv[1], '*.whl'))[0], sys.argv[2]
libraries = {'tensorflow/libtensorflow_cc.so.2', 'tensorflow/libtensorflow_framework.so.2'}
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        if name in libraries:
            target = os.path.join(deps, 'lib', os.path.basename(name))
        elif name.startswith('tensorflow/include/') and not name.endswith('/'):
            target = os.path.join(deps, 'include', name[len('tensorflow/include/'):])
        else:
            continue
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with archive.open(name) as source, open(target, 'wb') as sink:
            shutil.copyfileobj(source, sink)
PYTHON
rm -rf "$target/wheel"
ln -sf libtensorflow_cc.so.2 "$addon/deps/lib/libtensorflow.so.2"
ln -sf libtensorflow_cc.so.2 "$addon/deps/lib/libtensorflow.so"
ln -sf libtensorflow_framework.so.2 "$addon/deps/lib/libtensorflow_framework.so"

echo "4/4 building the addon"
(cd "$addon" && PATH="$target/node_modules/.bin:$PATH" node-pre-gyp install --build-from-source >"$target/build.log" 2>&1) || {
  tail -n 20 "$target/build.log" >&2
  echo "The build failed; the whole log: $target/build.log" >&2
  exit 1
}
rm -rf "$addon/deps/include" "$addon/build"
(cd "$target" && TF_CPP_MIN_LOG_LEVEL=2 node -e '
  const util = require("node:util");
  util.isNullOrUndefined ??= (value) => value === null || value === undefined;
  const tf = require("@tensorflow/tfjs-node");
  const sum = tf.ones([2, 2]).matMul(tf.ones([2, 2])).sum().dataSync()[0];
  if (tf.getBackend() !== "tensorflow" || sum !== 8) process.exit(1);
')
echo "$package $tensorflow_version tfjs $tfjs_version node $(node -p process.versions.modules)" > "$target/ready"
echo "Built: $addon"
