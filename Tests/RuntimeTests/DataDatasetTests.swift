import GraphIR
import Runtime
import Testing

@Suite struct DataDatasetTests {
  @Test func theBuiltInDigitsAreComplete() throws {
    let (train, test) = try EmbeddedMNIST.load()
    for (part, perClass) in [(train, 400), (test, 100)] {
      #expect(try part.array("x").tensor.type == TensorType(.u8, [10 * perClass, 28, 28]))
      let labels = try part.array("y").tensor.values(as: Int64.self)
      for digit in 0..<10 { #expect(labels.count { $0 == digit } == perClass) }
      try part.requireLabels(below: 10)
    }
    // A white-on-black picture: dark on average, with full-white strokes.
    let pixels = try train.array("x").tensor.bytes
    let mean = pixels.reduce(0) { $0 + Double($1) } / Double(pixels.count)
    #expect(mean > 30 && mean < 36 && pixels.max() == 255)
  }

  @Test func loadsAFolderOfIDXFiles() throws {
    try withTemporaryFolder { folder in
      let images = Tensor((0..<8).map { UInt8($0) }, shape: [2, 2, 2])
      let labels = Tensor([7, 3] as [UInt8], shape: [2])
      for (prefix, mark) in [("train", "-"), ("t10k", ".")] {
        try IDX.write(images, to: folder + "/\(prefix)-images\(mark)idx3-ubyte")
        try IDX.write(labels, to: folder + "/\(prefix)-labels\(mark)idx1-ubyte")
      }
      let (train, test) = try Dataset.load(folder)
      #expect(train.arrays.map(\.name) == ["x", "y"])
      #expect(try train.array("x").tensor == images)
      #expect(try test?.array("y").tensor == Tensor([7, 3] as [Int64], shape: [2]))
      #expect(
        message(folder) { try train.requireLabels(below: 5) }
          == "train-labels-idx1-ubyte: sample 0 has label 7; labels run from 0 to 4")

      try IDX.write(Tensor([1] as [UInt8], shape: [1]), to: folder + "/t10k-labels.idx1-ubyte")
      #expect(
        message(folder) { _ = try Dataset.load(folder) }
          == "t10k-labels.idx1-ubyte: array 'y' has 1 rows; the other arrays have 2")
      try IDX.write(labels, to: folder + "/train-images-idx3-ubyte")
      #expect(
        message(folder) { _ = try Dataset.load(folder) }
          == "train-images-idx3-ubyte: holds u8[2]; expected u8 of rank 3")
    }
  }

  @Test func namesAFolderWithoutData() throws {
    try withTemporaryFolder { folder in
      let text = message { _ = try Dataset.load(folder) }
      #expect(
        text.hasSuffix(
          "cannot be read: it has no train-images-idx3-ubyte[.gz], as a folder of IDX files has; "
            + "a readable file is needed"))
      #expect(
        message(folder) { _ = try Dataset.load(folder + "/none.csv") }
          == "none.csv: cannot be read: No such file or directory; a readable file is needed")
      try AtomicFile.write([], to: folder + "/a.txt")
      #expect(
        message(folder) { _ = try Dataset.load(folder + "/a.txt") }
          == "a.txt: this kind of data file is not supported; "
          + "supported: .csv, .tsv, .npy, .npz, .safetensors, or a folder of IDX files")
    }
  }

  @Test func gathersRows() throws {
    let data = try Dataset(
      arrays: [
        ("x", Tensor([0, 51, 102, 255, 1, 2] as [UInt8], shape: [3, 2])),
        ("y", Tensor([5, 1 << 40, -7] as [Int64], shape: [3])),
        ("z", Tensor([0.5, 1, -2] as [Float], shape: [3, 1])),
      ], source: "s")
    let x = try data.batch(0, indices: [1, 0, 1], as: .f32)
    #expect(x == Tensor([0.4, 1, 0, 0.2, 0.4, 1] as [Float], shape: [3, 2]))
    #expect(
      try data.batch(0, indices: [2], as: .u8) == Tensor([1, 2] as [UInt8], shape: [1, 2]))
    #expect(
      try data.batch(1, indices: [2, 0], as: .i32) == Tensor([-7, 5] as [Int32], shape: [2]))
    #expect(
      try data.batch(2, indices: [1, 2], as: .i64) == Tensor([1, -2] as [Int64], shape: [2, 1]))
    #expect(try data.batch(1, indices: [], as: .i64).count == 0)
    #expect(
      message { _ = try data.batch(1, indices: [1], as: .i32) }
        == "s: array 'y' holds i64 values, which cannot be read as i32")
    #expect(
      message { _ = try data.batch(2, indices: [0], as: .i64) }
        == "s: array 'z' holds f32 values, which cannot be read as i64")
    #expect(
      message { _ = try data.array("w") } == "s: has no array 'w'; it has: x, y, z")
  }

  @Test func everyByteScalesToTheNearestFloat() throws {
    let bytes = Tensor((0..<256).map { UInt8($0) }, shape: [1, 256])
    let data = try Dataset(arrays: [("x", bytes)], source: "s")
    let scaled = try data.batch(0, indices: [0], as: .f32).values(as: Float.self)
    #expect(scaled == (0..<256).map { Float(Double($0) / 255) })
  }

  @Test func findsTheFirstBadLabel() throws {
    let labels = Tensor([0, 2, 1.5, -1] as [Float], shape: [4])
    let data = try Dataset(arrays: [("y", labels)], source: "s")
    #expect(
      message { try data.requireLabels(below: 2) }
        == "s: sample 1 has label 2; labels run from 0 to 1")
    #expect(
      message { try data.requireLabels(below: 3) }
        == "s: sample 2 has label 1.5; labels run from 0 to 2")
    try data.rows(0..<2).requireLabels(below: 3)
  }
}
