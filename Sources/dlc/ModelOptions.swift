import ArgumentParser
import GraphIR
import Models

/// The model of a command, and the numbers that shape it.
struct ModelOptions: ParsableArguments {
  @Argument(help: "A name of the zoo, or a file with a graph in the text form.")
  var model: String

  @Option(help: "Rows of a batch.") var batch: Int?
  @OptionGroup(title: "Shape options") var shape: ShapeOptions

  /// The forward graph.
  func graph(form: ZooForm = .training) throws -> Graph {
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
