import ArgumentParser

/// `dlc train`.
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Train a model.")

  @Argument(help: "A zoo name or a graph in the text form.") var model: String

  func run() throws {
    throw CommandError("'\(model)' cannot be trained yet")
  }
}
