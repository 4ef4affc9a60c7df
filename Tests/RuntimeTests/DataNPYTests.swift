import GraphIR
import Runtime
import TestSupport
import Testing

@Suite struct DataNPYTests {
  @Test func readsWhatNumPyWrites() throws {
    let read = { (name: String) in try NPY.read(fixture("npy/\(name).npy")) }
    let quarters = (0..<6).map { Float($0) / 4 }
    #expect(try read("f4") == Tensor(quarters, shape: [2, 3]))
    #expect(try read("f8-fortran") == Tensor((0..<24).map { Double($0) }, shape: [2, 3, 4]))
    let i32: [Int32] = [-200_000, -100_000, 0, 100_000, 200_000, 300_000]
    #expect(try read("i4-big") == Tensor(i32, shape: [2, 3]))
    #expect(try read("i8") == Tensor([-1, 1 << 62] as [Int64], shape: [2]))
    #expect(try read("bool") == Tensor([true, false, true], shape: [3]))
    let halves: [Float] = [1.5, -0.0999755859375, 5.9604645e-08, 65504, .infinity]
    #expect(try read("f2") == Tensor(halves, shape: [5]))
    #expect(try read("u2") == Tensor([1, 65535] as [Int32], shape: [2]))
    #expect(try read("u4") == Tensor([1, 4_294_967_295] as [Int64], shape: [2]))
    #expect(try read("i1") == Tensor([-128, 127] as [Int32], shape: [2]))
    #expect(try read("scalar") == Tensor([2.5] as [Float], shape: .scalar))
    #expect(try read("version3") == Tensor([0, 1, 2] as [UInt8], shape: [3]))
  }

  @Test func writesWhatNumPyWrites() throws {
    for name in ["f4", "i8", "bool", "scalar"] {
      let bytes = try WholeFile.read(fixture("npy/\(name).npy"))
      #expect(NPY.encode(try NPY.parse(bytes, file: name)) == bytes, "\(name)")
    }
    for dtype in DType.allCases {
      for shape: Shape in [[0, 2], [1, 2, 1], [12345], .scalar] {
        let tensor = Tensor(zeros: TensorType(dtype, shape))
        #expect(try NPY.parse(NPY.encode(tensor), file: "f") == tensor)
      }
    }
  }

  @Test func namesWhatIsWrong() throws {
    let text = { (header: String, data: Int) in
      message {
        let length = [UInt8(header.utf8.count), 0]
        let start = [0x93] + Array("NUMPY".utf8) + [1, 0] + length
        let bytes = start + Array(header.utf8) + [UInt8](repeating: 0, count: data)
        _ = try NPY.parse(bytes, file: "f")
      }
    }
    #expect(
      text("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", 9)
        == "f: has at least 74 bytes; its header announces 73")
    #expect(
      text("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", 7)
        == "f: ends after 72 bytes; its header announces 73")
    #expect(
      text("{'descr': '<c8', 'fortran_order': False, 'shape': (2,)}", 16)
        == "f: element type '<c8' is not supported; "
        + "supported: b1, i1, i2, i4, i8, u1, u2, u4, f2, f4, f8")
    #expect(text("{'descr': [('a', '<f4')]}", 0).contains("is no Python dictionary"))
    #expect(text("{'fortran_order': False}", 0).contains("its header has no simple 'descr'"))
    #expect(
      text("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 99999)}", 0)
        .contains("the shape [99999999999, 99999] is not supported"))
    #expect(
      text("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}", 0)
        .contains("is no Python dictionary"))
    #expect(
      message { _ = try NPY.parse([1, 2], file: "f") }
        == "f: is not an .npy file; expected \\x93NUMPY at its start")
  }

  @Test func readsArchivesOfNumPy() throws {
    let stored = try NPZ.read(fixture("stored.npz"))
    #expect(stored.keys.sorted() == ["x", "y"])
    #expect(stored["x"] == Tensor((0..<6).map { Float($0) }, shape: [3, 2]))
    #expect(stored["y"] == Tensor([0, 1, 2] as [Int64], shape: [3]))
    let deflated = try NPZ.read(fixture("deflated.npz"))
    #expect(deflated["x"] == Tensor([Float](repeating: 1, count: 4096), shape: [64, 64]))
    #expect(deflated["empty"] == Tensor(zeros: TensorType(.f64, [0, 3])))
    let (data, _) = try Dataset.load(fixture("stored.npz"))
    #expect(data.arrays.map(\.name) == ["x", "y"] && data.count == 3)
  }

  @Test func readsArchivesItWrites() throws {
    let arrays = [
      "weights/é": Tensor([Float](repeating: 2, count: 999), shape: [3, 333]),
      "n": Tensor([7] as [Int64], shape: .scalar),
    ]
    try withTemporaryFolder { folder in
      for compressed in [false, true] {
        try NPZ.write(arrays, to: folder + "/a.npz", compressed: compressed)
        #expect(try NPZ.read(folder + "/a.npz") == arrays)
        let size = try WholeFile.read(folder + "/a.npz").count
        #expect(compressed ? size < 1000 : size > 4000)
      }
      try NPZ.write([:], to: folder + "/none.npz")
      #expect(try NPZ.read(folder + "/none.npz").isEmpty)
      try AtomicFile.write(Array("no archive".utf8), to: folder + "/b.npz")
      #expect(
        message(folder) { _ = try NPZ.read(folder + "/b.npz") }
          == "b.npz: Not a zip archive; expected an undamaged zip archive")
      #expect(
        message(folder) { _ = try NPZ.read(folder + "/c.npz") }.contains("No such file"))
    }
  }

  @Test func refusesDamagedFiles() throws {
    for name in ["npy/f4.npy", "npy/f8-fortran.npy", "npy/i4-big.npy"] {
      fuzz(try WholeFile.read(fixture(name)), count: 1000, seed: 5, expecting: DataError.self) {
        _ = try NPY.parse($0, file: "f")
      }
    }
    for name in ["stored.npz", "deflated.npz"] {
      let refused = fuzz(
        try WholeFile.read(fixture(name)), count: 1000, seed: 6, expecting: DataError.self
      ) {
        _ = try NPZ.parse($0, file: "f")
      }
      #expect(refused > 200)
    }
  }
}
