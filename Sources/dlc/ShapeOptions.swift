import ArgumentParser

/// The sizes that shape the zoo's models; each model has some of them.
struct ShapeOptions: ParsableArguments {
  @Option(help: "Numbers that an image is squeezed into.") var latent: Int?
  @Option(help: "Units of the hidden layers.") var width: Int?
  @Option(help: "Features of a row, or pixels of an image.") var inputs: Int?
  @Option(help: "Classes to tell apart.") var classes: Int?
  @Option(help: "Tokens of a sequence.") var tokens: Int?
  @Option(help: "Width of a token's vector.") var dim: Int?
  @Option(help: "Attention heads.") var heads: Int?
  @Option(help: "Transformer layers.") var layers: Int?
  @Option(help: "Tokens there are.") var vocab: Int?

  /// Those given, by the names that the models have for them.
  var sizes: [String: Int] {
    let all: [String: Int?] = [
      "latent": latent, "width": width, "inputs": inputs, "classes": classes, "tokens": tokens,
      "dim": dim, "heads": heads, "layers": layers, "vocab": vocab,
    ]
    return all.compactMapValues { $0 }
  }
}
