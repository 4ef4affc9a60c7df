import Foundation
import GraphIR
import Runtime
import TestSupport
import Testing

@Suite struct DataSafetensorsTests {
  /// Reads a file of this header and as many zero bytes.
  func read(_ json: String, data: Int, length: UInt64? = nil) throws -> Safetensors {
    try withTemporaryFolder { folder in
      var bytes = withUnsafeBytes(of: (length ?? UInt64(json.utf8.count)).littleEndian) {
        Array($0)
      }
      bytes += Array(json.utf8) + [UInt8](repeating: 0, count: data)
      try AtomicFile.write(bytes, to: folder + "/f")
      do {
        return try Safetensors.read(folder + "/f")
      } catch {
        throw Described(text: "\(error)".replacingOccurrences(of: folder + "/", with: ""))
      }
    }
  }

  struct Described: Error, CustomStringConvertible {
    let text: String
    var description: String { text }
  }

  func text(_ json: String, data: Int, length: UInt64? = nil) -> String {
    message { _ = try read(json, data: data, length: length) }
  }

  @Test func readsWhatTheReferenceWrites() throws {
    let file = try Safetensors.read(fixture("peer.safetensors"))
    #expect(file.metadata == ["format": "pt", "note": "line\n2"])
    #expect(file.tensors.count == 8)
    #expect(file["a/é \"q\""] == Tensor((0..<6).map { Float($0) }, shape: [2, 3]))
    #expect(file["half"] == Tensor([1.5, -2] as [Float], shape: [2]))
    #expect(file["brain"] == Tensor([1.5, -2] as [Float], shape: [2]))
    #expect(file["long"] == Tensor([1 << 40] as [Int64], shape: [1]))
    #expect(file["flag"] == Tensor([true, false], shape: [2]))
    #expect(file["byte"] == Tensor([7] as [UInt8], shape: [1]))
    #expect(file["short"] == Tensor([-7] as [Int32], shape: [1]))
    #expect(file["scalar"] == Tensor([2.5] as [Double], shape: .scalar))
  }

  @Test func writesTheSameBytesInAnyOrder() throws {
    let tensors = DType.allCases.map {
      (name: "t \"\\\u{1}/é" + $0.rawValue, tensor: Tensor(zeros: TensorType($0, [3, 1])))
    }
    let metadata = ["b": "2", "a": "\n\"", "c": "\u{1f}"]
    try withTemporaryFolder { folder in
      try Safetensors(tensors: tensors, metadata: metadata).write(to: folder + "/a")
      try Safetensors(tensors: tensors.reversed(), metadata: metadata).write(to: folder + "/b")
      let bytes = try WholeFile.read(folder + "/a")
      #expect(try WholeFile.read(folder + "/b") == bytes)
      #expect(bytes[0] % 8 == 0)
      let again = try Safetensors.read(folder + "/a")
      #expect(again.metadata == metadata)
      for (name, tensor) in tensors { #expect(again[name] == tensor) }
      let (data, _) = try Dataset.load(fixture("stored.npz"))
      let file = Safetensors(tensors: data.arrays.map { ($0.name, $0.tensor) })
      try file.write(to: folder + "/c.safetensors")
      #expect(try Dataset.load(folder + "/c.safetensors").train.array("x").tensor.shape == [3, 2])
      try Safetensors(tensors: []).write(to: folder + "/d")
      #expect(try Safetensors.read(folder + "/d").tensors.isEmpty)
    }
  }

  @Test func writesAReadableHeader() throws {
    try withTemporaryFolder { folder in
      let tensors = [
        ("b", Tensor([1, 2] as [Float], shape: [2])), ("a", Tensor([3] as [UInt8], shape: .scalar)),
      ]
      try Safetensors(tensors: tensors, metadata: ["k": "v"]).write(to: folder + "/f")
      let bytes = try WholeFile.read(folder + "/f")
      let header = String(decoding: bytes[8..<(8 + Int(bytes[0]))], as: UTF8.self)
      #expect(
        header == #"{"__metadata__":{"k":"v"},"#
          + #""a":{"dtype":"U8","shape":[],"data_offsets":[8,9]},"#
          + #""b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"# + "      ")
    }
  }

  @Test func refusesNamesThatCannotBe() {
    let one = Tensor([1] as [Float], shape: [1])
    #expect(
      message { try Safetensors(tensors: [("a", one), ("a", one)]).write(to: "f") }
        .hasPrefix("f: cannot be written: two tensors have the name 'a'"))
    #expect(
      message { try Safetensors(tensors: [("__metadata__", one)]).write(to: "f") }
        .hasPrefix("f: cannot be written: the tensor name __metadata__ is reserved"))
  }

  @Test func refusesLyingHeaders() {
    let entry = { (name: String, shape: String, begin: Int, end: Int) in
      #""\#(name)":{"dtype":"F32","shape":\#(shape),"data_offsets":[\#(begin),\#(end)]}"#
    }
    let good = "{" + entry("a", "[2]", 0, 8) + "}"
    #expect(text(good, data: 8) == "no error")
    #expect(
      text(good, data: 8, length: 10_000) == "f: ends after 70 bytes; its header announces 10008")
    #expect(
      text(good, data: 8, length: .max)
        == "f: its header of 18446744073709551615 bytes is larger than the limit of 100000000 bytes"
    )
    #expect(
      text(good, data: 9)
        == "f: its tensors end at byte 8 of 9; expected no bytes behind the last")
    #expect(
      text(good, data: 7)
        == "f: tensor 'a' has the offsets [0, 8]; "
        + "expected a begin and an end within the 7 bytes of data")
    #expect(
      text("{" + entry("a", "[3]", 0, 8) + "}", data: 8)
        == "f: tensor 'a' has 8 bytes; expected 12 for F32[3]")
    #expect(
      text("{" + entry("a", "[2]", 0, 8) + "," + entry("b", "[2]", 4, 12) + "}", data: 12)
        == "f: tensor 'b' begins at byte 4, the one before ends at 8; "
        + "expected no holes and no overlaps")
    #expect(text("{" + entry("a", "[2]", 4, 12) + "}", data: 12).contains("begins at byte 4"))
    #expect(
      text("{" + entry("a", "[1]", 0, 4) + "," + entry("a", "[1]", 4, 8) + "}", data: 8)
        == "f: its header has a name twice; expected every name once")
    #expect(
      text("{" + entry("a", "[-2]", 0, 8) + "}", data: 8).contains("shape [-2] of tensor 'a'"))
    #expect(
      text("{" + entry("a", "[1099511627776,1099511627776]", 0, 8) + "}", data: 8)
        .contains("is not supported"))
    #expect(
      text(good.replacingOccurrences(of: "F32", with: "F8_E4M3"), data: 8)
        .contains("the type F8_E4M3 of tensor 'a' is not supported"))
    let json = "f: its header is not the JSON of a safetensors file"
    for bad in [
      "", "[]", "{", "{\"a\":1}", good + "x", "{\"__metadata__\":{\"a\":1}}", "{\"a\":null}",
    ] {
      #expect(text(bad, data: 8).hasPrefix(json), "\(bad)")
    }
    let deep = String(repeating: "{\"a\":", count: 100_000)
    #expect(text(deep, data: 0).hasPrefix(json))
    #expect(message { _ = try Safetensors.read("/dev/null") }.contains("Not a regular file"))
  }

  @Test func refusesDamagedFiles() throws {
    let bytes = try WholeFile.read(fixture("peer.safetensors"))
    try withTemporaryFolder { folder in
      let refused = fuzz(bytes, count: 1000, seed: 8, expecting: DataError.self) { damaged in
        // Not atomically, which would wait for the disk each time.
        try Data(damaged).write(to: URL(fileURLWithPath: folder + "/f"))
        _ = try Safetensors.read(folder + "/f")
      }
      #expect(refused > 120)
    }
  }
}
