import GraphIR
import Runtime
import TestSupport
import Testing

@Suite struct DataIDXTests {
  @Test func readsEveryType() throws {
    let read = { try IDX.read(fixture("idx/" + $0)) }
    let i32: [Int32] = [-200_000, -100_000, 0, 100_000, 200_000, 300_000]
    #expect(try read("i32-idx2") == Tensor(i32, shape: [2, 3]))
    #expect(try read("i16-idx1") == Tensor([-300, 2, 300] as [Int32], shape: [3]))
    #expect(try read("i8-idx1") == Tensor([-3, 2, 127] as [Int32], shape: [3]))
    #expect(try read("f64-idx1") == Tensor([0.5, -1e300] as [Double], shape: [2]))
    let f32 = (0..<8).map { Float($0) / 4 }
    #expect(try read("f32-idx3.gz") == Tensor(f32, shape: [2, 2, 2]))
  }

  @Test func readsWhatItWrites() throws {
    let tensors = [
      Tensor([1, 2, 255] as [UInt8], shape: [3, 1]), Tensor([-1, 1 << 30] as [Int32], shape: [2]),
      Tensor([0.1, -.infinity] as [Float], shape: [2]), Tensor([0.1] as [Double], shape: .scalar),
      Tensor(zeros: TensorType(.f32, [0, 3])),
    ]
    try withTemporaryFolder { folder in
      for tensor in tensors {
        try IDX.write(tensor, to: folder + "/a")
        #expect(try IDX.read(folder + "/a") == tensor)
      }
      #expect(
        message(folder) { try IDX.write(Tensor([1] as [Int64], shape: [1]), to: folder + "/b") }
          == "b: an IDX file of i64 is not supported; supported: u8, bool, i32, f32, f64")
    }
  }

  @Test func namesWhatIsWrong() {
    let text = { (bytes: [UInt8]) in message { _ = try IDX.parse(bytes, file: "f") } }
    let magic = "expected two zero bytes, a type code and the rank at its start"
    #expect(text([]) == "f: is not an IDX file; \(magic)")
    #expect(text([1, 0, 8, 1]) == "f: is not an IDX file; \(magic)")
    #expect(
      text([0, 0, 7, 0]) == "f: has IDX type code 7; expected 8, 9, 11, 12, 13 or 14")
    #expect(
      text([0, 0, 8, 9]) == "f: an IDX file of rank 9 is not supported; supported: ranks up to 8")
    #expect(text([0, 0, 8, 1, 0, 0]) == "f: ends after 6 bytes; its header announces 8")
    #expect(text([0, 0, 8, 1, 0, 0, 0, 2, 1]) == "f: ends after 9 bytes; its header announces 10")
    #expect(
      text([0, 0, 8, 1, 0, 0, 0, 1, 1, 1]) == "f: has at least 10 bytes; its header announces 9")
    let huge = [0, 0, 8, 2] + [UInt8](repeating: 255, count: 8)
    #expect(
      text(huge) == "f: announces the shape [4294967295, 4294967295]; "
        + "expected at most 1099511627776 elements")
  }

  @Test func refusesDamagedFiles() throws {
    for name in ["i32-idx2", "f32-idx3.gz"] {
      let refused = fuzz(
        try WholeFile.read(fixture("idx/" + name)), count: 400, seed: 1, expecting: DataError.self
      ) {
        _ = try IDX.parse($0, file: "f")
      }
      #expect(refused > 200)
    }
  }
}
