import Foundation
import GraphIR
import Runtime

extension VAEStudy {
  /// Two rows of images for each source of vectors.
  func samples(
    _ latent: Int, _ plain: Trainer, _ vae: Trainer, in report: inout StudyReport
  ) throws {
    let count = 12
    let prior = Tensor.normals([2 * count, latent], seed: 0, stream: 1)
    let fitted = try Gaussian(of: plain.predict("code", of: train))
      .sample(2 * count, seed: 0, stream: 2)
    for source in Source.allCases {
      var grid = grid(scale: 2)
      let images = try Self.decode(
        source == .fitted ? fitted : prior, source == .vae ? vae : plain)
      for row in 0..<2 { grid.addRow(images.rows(row * count..<(row + 1) * count)) }
      report.picture("samples-\(source)-\(latent)", grid.picture(), caption: source.rawValue)
    }
  }

  /// Three pairs of test digits, and for each the way from one to the other three times.
  func blends(
    _ latent: Int, _ plain: Trainer, _ vae: Trainer, in report: inout StudyReport
  ) throws {
    var grid = grid(scale: 2)
    let (codes, means) = (try plain.predict("mean", of: test), try vae.predict("mean", of: test))
    let steps = 11
    for pair in try pairs().prefix(3) {
      let way = { (rows: Tensor) in
        (0..<steps).map { rows.mixed([pair], Double($0) / Double(steps - 1)).doubles }
      }
      grid.addRow(Self.rows(way(try test.array("x").tensor)))
      grid.addRow(try Self.decode(Self.rows(way(codes)), plain))
      grid.addRow(try Self.decode(Self.rows(way(means)), vae))
    }
    report.picture(
      "between-\(latent)", grid.picture(),
      caption: "Three pairs of test digits, three rows each: pixels mixed, codes of the autoencoder"
        + " mixed and decoded, codes of the VAE mixed and decoded.")
  }

  /// Where the codes of two dimensions lie, and what the decoders show on the plane around zero.
  func plane(_ plain: Trainer, _ vae: Trainer, in report: inout StudyReport) throws {
    for (name, title, model) in [
      ("autoencoder", "Codes of the autoencoder", plain), ("vae", "Codes of the VAE", vae),
    ] {
      let codes = try model.predict("mean", of: test).doubles
      let labels = try test.array("y").tensor.doubles
      let places = (0..<min(500, labels.count)).map { index in
        (x: codes[2 * index], y: codes[2 * index + 1], digit: Int(labels[index]))
      }
      report.svg(
        "codes-\(name)", CodeMap(title: title, codes: places).svg(),
        caption: "\(title): test digits where their codes lie. Within the circle lie 86 % of the"
          + " numbers that the prior draws.")
      let side = 15
      var grid = grid(scale: 1)
      for row in 0..<side {
        let codes = (0..<side).map { column in
          [column, side - 1 - row].map { 6 * Double($0) / Double(side - 1) - 3 }
        }
        grid.addRow(try Self.decode(Self.rows(codes), model))
      }
      report.picture(
        "plane-\(name)", grid.picture(),
        caption: "\(title): what the decoder shows from -3 to 3, both ways, 0 in the middle.")
    }
  }

  private static func rows(_ rows: [[Double]]) -> Tensor {
    Tensor(rows.flatMap { $0.map { Float($0) } }, shape: [rows.count, rows[0].count])
  }

  private func grid(scale: Int) -> ImageGrid {
    var grid = ImageGrid(tileHeight: imageSize.height, tileWidth: imageSize.width)
    (grid.scale, grid.gap) = (scale, 2)
    return grid
  }
}
