import Foundation
import GraphIR
import ONNX
import Runtime

/// `NAME=FILE` of the command line.
struct TensorFile {
  let name: String
  let file: String

  /// Throws where there is no name, no file, or no `=` between them.
  init(_ argument: String, option: String) throws {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
      throw CommandError("--\(option) is NAME=FILE, not '\(argument)'")
    }
    name = String(parts[0])
    file = String(parts[1])
  }

  /// All of an option's, each name once.
  static func all(_ arguments: [String], option: String) throws -> [TensorFile] {
    let files = try arguments.map { try TensorFile($0, option: option) }
    var names: Set<String> = []
    if let twice = files.first(where: { !names.insert($0.name).inserted }) {
      throw CommandError("--\(option) \(twice.name)=... is given twice")
    }
    return files
  }
}

/// Files of tensors, in the form that the end of their names says.
enum TensorFiles {
  private enum Form: String, CaseIterable {
    case npy, npz, safetensors, pb

    init(_ path: String) throws {
      guard let form = Form.allCases.first(where: { path.lowercased().hasSuffix(".\($0)") }) else {
        let list = Form.allCases.map { ".\($0)" }.joined(separator: ", ")
        throw CommandError("\(path): the name must end in one of \(list)")
      }
      self = form
    }
  }

  /// The tensor for `name`: the file's only one, or of several the one of that name.
  static func read(_ name: String, from path: String) throws -> Tensor {
    let tensors = try read(path)
    if tensors.count == 1, let only = tensors.first { return only.value }
    guard let tensor = tensors[name] else {
      let names = tensors.keys.sorted().joined(separator: ", ")
      throw CommandError("\(path): has no array '\(name)'; it has \(names)")
    }
    return tensor
  }

  /// All tensors of a file by name; that of an .npy or .pb file has none.
  static func read(_ path: String) throws -> [String: Tensor] {
    switch try Form(path) {
    case .npy: return ["": try NPY.read(path)]
    case .npz: return try NPZ.read(path)
    case .pb: return ["": try ONNXTensor.read(path).tensor]
    case .safetensors:
      let tensors = try Safetensors.read(path).tensors
      return Dictionary(tensors.map { ($0.name, $0.tensor) }, uniquingKeysWith: { $1 })
    }
  }

  /// Throws where the tensors for a file cannot be written in its form.
  static func check(_ files: [TensorFile]) throws {
    for (path, group) in Dictionary(grouping: files, by: \.file).sorted(by: { $0.key < $1.key }) {
      let form = try Form(path)
      guard form == .npy || form == .pb, group.count > 1 else { continue }
      let names = group.map(\.name).joined(separator: ", ")
      throw CommandError("\(path): an .\(form) file holds one array, not \(names); use .npz")
    }
  }

  /// Writes each tensor to its file; those of one file together.
  static func write(_ files: [TensorFile], _ tensors: [String: Tensor]) throws {
    try check(files)
    var written: Set<String> = []
    for file in files where written.insert(file.file).inserted {
      let group = files.filter { $0.file == file.file }
        .compactMap { file in tensors[file.name].map { (name: file.name, tensor: $0) } }
      switch try Form(file.file) {
      case .npy: for (_, tensor) in group { try NPY.write(tensor, to: file.file) }
      case .pb:
        for (name, tensor) in group {
          try ONNXTensor(storing: tensor).write(name: name, to: file.file)
        }
      case .npz:
        try NPZ.write(Dictionary(group.map { ($0.name, $0.tensor) }) { $1 }, to: file.file)
      case .safetensors: try Safetensors(tensors: group).write(to: file.file)
      }
    }
  }
}
