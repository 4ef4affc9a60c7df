#!/bin/sh
# Makes onnx.pb.swift from onnx.proto with protoc and protoc-gen-swift (of swift-protobuf), both on
# the path. The result is committed: building dlc needs neither.
set -eu
cd "$(dirname "$0")"
protoc --swift_out=. --swift_opt=Visibility=Public onnx.proto
{ echo '// Made from onnx.proto by generate.sh.'; cat onnx.pb.swift; } > onnx.pb.swift.new
mv onnx.pb.swift.new onnx.pb.swift
