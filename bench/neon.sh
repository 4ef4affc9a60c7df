#!/bin/sh
# Compiles the kernels for 64-bit ARM and runs their self-check under emulation.
# Needs the Swift toolchain's clang, or another one as new (CC), and from Debian:
# gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user.
set -eu
cd "$(dirname "$0")/.."
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
root=/usr/aarch64-linux-gnu
swift=$(readlink -f "$(command -v swift)")
"${CC:-${swift%/*}/clang}" -std=gnu11 -O2 -Wall -Wextra --target=aarch64-linux-gnu -isystem "$root/include" \
  -ISources/CKernels/include Sources/CKernels/*.c Tests/SelfCheck/selfcheck.c \
  -B/usr/bin/aarch64-linux-gnu- --gcc-toolchain=/usr -L"$root/lib" -fuse-ld=bfd -lm -lpthread \
  -static -o "$out/selfcheck"
qemu-aarch64 "$out/selfcheck"
