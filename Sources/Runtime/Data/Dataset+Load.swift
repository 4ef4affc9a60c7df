import Foundation
import GraphIR

extension Dataset {
  /// Loads a folder of MNIST-style IDX files, or one file of training data.
  ///
  /// A folder gives `train` and `test` with `x` (u8 [n, height, width]) and `y` (i64 [n]).
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
    default:
      // A missing file is the likelier mistake, and its reason the better text.
      _ = try FileReader(path)
      throw DataError.unsupported(
        file: path, found: "this kind of data file",
        supported: ".csv, .tsv, .npy, .npz, .safetensors, or a folder of IDX files")
    }
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
