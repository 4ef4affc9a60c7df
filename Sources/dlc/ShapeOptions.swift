import ArgumentParser

/// The sizes that shape the zoo's models; each model has some of them.
struct ShapeOptions: ParsableArguments {
  @Option(help: "Numbers that an image is squeezed into.") var latent: Int?
  @Option(help: "Units of the hidden layers.") var width: Int?
  @Option(help: "Units of each hidden layer of a classifier, such as 256,128,100.")
  var hidden: HiddenLayers?
  @Option(help: "Features of a row, or pixels of an image.") var inputs: Int?
  @Option(help: "Classes to tell apart.") var classes: Int?
  @Option(help: "Tokens of a sequence.") var tokens: Int?
  @Option(help: "Width of a token's vector.") var dim: Int?
  @Option(help: "Attention heads.") var heads: Int?
  @Option(help: "Transformer layers.") var layers: Int?
  @Option(help: "Tokens there are.") var vocab: Int?

  func validate() throws {
    if hidden != nil && width != nil {
      throw ValidationError("--hidden and --width exclude each other")
    }
  }

  /// Those given, by the names that the models have for them; hidden layers as hidden1, hidden2.
  var sizes: [String: Int] {
    var all: [String: Int?] = [
      "latent": latent, "width": width, "inputs": inputs, "classes": classes, "tokens": tokens,
      "dim": dim, "heads": heads, "layers": layers, "vocab": vocab,
    ]
    for (index, units) in (hidden?.units ?? []).enumerated() { all["hidden\(index + 1)"] = units }
    return all.compactMapValues { $0 }
  }

  /// The option that gives a size.
  static func option(_ size: String) -> String {
    "--\(size.reversed().drop(while: \.isNumber).reversed().map(String.init).joined())"
  }
}

/// Units of layers as a list with commas.
struct HiddenLayers: ExpressibleByArgument {
  let units: [Int]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    units = parts.compactMap { Int($0) }
    if units.count != parts.count { return nil }
  }
}
