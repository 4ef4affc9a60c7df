/// The models that `dlc` knows by name.
public enum Zoo {
  public static let models: [ZooModel] = [
    .autoencoder, .classifier, .regression, .vae, .cnn, .diffusion, .linearProbe, .mlpProbe,
    .attention, .transformer,
  ]

  /// The model of this name. Throws with the names there are.
  public static func named(_ name: String) throws(ZooError) -> ZooModel {
    guard let model = models.first(where: { $0.name == name }) else {
      throw .unknownModel(name, known: models.map(\.name))
    }
    return model
  }
}
