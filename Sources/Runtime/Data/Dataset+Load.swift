import Foundation
import GraphIR

extension Dataset {
  /// Loads a folder of MNIST-style IDX files, or one file of training data.
  ///
  /// A folder gives `train` and `test` with `x` (u8 [n, height, width]) and `y` (i64 [n]). A table
  /// (.csv, .tsv) has the target `y` (f32 [n]) in its last column, `x` in the others. Of .npz and
  /// .safetensors the arrays keep their names, that of .npy is `x`.
  /// Errors: `DataError`.
  public static func load(_ path: String) throws -> (train: Dataset, test: Dataset?) {
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
      return (try images(in: path, prefix: "train"), try images(in: path, prefix: "t10k"))
    }
    return (try loadFile(path), nil)
  }

  private static func loadFile(_ path: String) throws -> Dataset {
    let dot = path.lastIndex(of: ".") ?? path.endIndex
    switch path[dot...].lowercased() {
    case ".csv", ".tsv": return try table(path)
    case ".npy": return try arrays([("x", NPY.read(path))], file: path)
    case ".npz":
      let named = try NPZ.read(path).sorted { $0.key < $1.key }
      return try arrays(named.map { ($0.key, $0.value) }, file: path)
    case ".safetensors": return try arrays(Safetensors.read(path).tensors, file: path)
    default:
      // A missing file is the likelier mistake, and its reason the better text.
      _ = try FileReader(path)
      throw DataError.unsupported(
        file: path, found: "this kind of data file",
        supported: ".csv, .tsv, .npy, .npz, .safetensors, or a folder of IDX files")
    }
  }

  private static func arrays(_ named: [(name: String, tensor: Tensor)], file: String) throws
    -> Dataset
  {
    guard !named.isEmpty else {
      throw DataError.malformed(file: file, problem: "has no array", expected: "at least one")
    }
    return try Dataset(arrays: named, source: file)
  }

  /// A table whose last column is the target `y` [n], the others `x` [n, columns - 1].
  private static func table(_ path: String) throws -> Dataset {
    let table = try CSV.read(path)
    let (rows, columns) = (table.shape[0], table.shape[1])
    guard columns > 1 else {
      throw DataError.malformed(
        file: path, problem: "has a single column", expected: "inputs and, last, the target")
    }
    let values: [Float] = table.values()
    var inputs: [Float] = []
    var targets: [Float] = []
    inputs.reserveCapacity(rows * (columns - 1))
    targets.reserveCapacity(rows)
    for last in stride(from: columns - 1, to: values.count, by: columns) {
      inputs += values[(last - columns + 1)..<last]
      targets.append(values[last])
    }
    return try Dataset(
      arrays: [
        ("x", Tensor(inputs, shape: [rows, columns - 1])), ("y", Tensor(targets, shape: [rows])),
      ], source: path)
  }

  /// The images and labels of one half of an MNIST-style folder.
  private static func images(in folder: String, prefix: String) throws -> Dataset {
    let images = try find("\(prefix)-images", "idx3-ubyte", in: folder)
    let labels = try find("\(prefix)-labels", "idx1-ubyte", in: folder)
    return try labelled(
      images: (IDX.read(images), images), labels: (IDX.read(labels), labels))
  }

  /// `x` and `y` from MNIST-style files, checked against each other.
  static func labelled(
    images: (tensor: Tensor, file: String), labels: (tensor: Tensor, file: String)
  ) throws -> Dataset {
    try require(images.tensor, .u8, rank: 3, file: images.file)
    try require(labels.tensor, .u8, rank: 1, file: labels.file)
    let classes = Tensor(labels.tensor.bytes.map { Int64($0) }, shape: labels.tensor.shape)
    return try Dataset([
      Entry(name: "x", tensor: images.tensor, file: images.file),
      Entry(name: "y", tensor: classes, file: labels.file),
    ])
  }

  private static func require(_ tensor: Tensor, _ dtype: DType, rank: Int, file: String) throws {
    guard tensor.dtype == dtype, tensor.shape.rank == rank else {
      throw DataError.malformed(
        file: file, problem: "holds \(tensor.type)", expected: "\(dtype) of rank \(rank)")
    }
  }

  /// The spelling of a file's name that is there: with - or . before the kind, with .gz or not.
  private static func find(_ stem: String, _ kind: String, in folder: String) throws -> String {
    let spellings = ["-\(kind)", "-\(kind).gz", ".\(kind)", ".\(kind).gz"]
    let names = spellings.map { "\(folder)/\(stem)\($0)" }
    guard let found = names.first(where: FileManager.default.fileExists(atPath:)) else {
      throw DataError.cannotRead(
        file: folder, reason: "it has no \(stem)-\(kind)[.gz], as a folder of IDX files has")
    }
    return found
  }
}
