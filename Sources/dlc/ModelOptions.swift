import ArgumentParser
import GraphIR
import Models

/// The model of a command, and the numbers that shape it.
struct ModelOptions: ParsableArguments {
  @Argument(help: "A name of the zoo, an .onnx file, or a file with a graph in the text form.")
  var model: String

  @Option(help: "Rows of a batch.") var batch: Int?
  @Option(help: "NAME=SIZE, for each symbolic dimension of an ONNX model that no input decides.")
  var dim: [String] = []
  @OptionGroup(title: "Shape options") var shape: ShapeOptions

  /// The forward graph, without the weights that an ONNX file has.
  func graph(form: ZooForm = .training) throws -> Graph {
    if ONNXSource.isMeant(by: model) { return try loaded().graph }
    if !dim.isEmpty { throw CommandError("\(model): --dim is for ONNX models") }
    if ModelFile.isMeant(by: model) { return try graphOfFile() }
    return try Zoo.named(model).build(batch: batch, sizes: shape.sizes, form: form)
  }

  private func graphOfFile() throws -> Graph {
    let graph = try ModelFile.read(model, sizes: shape.sizes)
    guard let batch else { return graph }
    do {
      return try graph.rebound(batch: batch)
    } catch {
      throw CommandError("\(model): --batch \(batch): \(error)")
    }
  }
}
