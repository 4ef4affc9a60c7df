import GraphIR
import Runtime

extension Dataset {
  /// The images alone, each pixel the mean of two by two, in steps of 1/255 again: a fourth of the
  /// work.
  func halved() throws -> Dataset {
    let images = try array("x")
    let (height, width) = (images.tensor.shape[2] / 2, images.tensor.shape[3] / 2)
    let pixels = images.tensor.doubles
    var halved: [Float] = []
    for row in 0..<count * height {
      for column in 0..<width {
        let place = 4 * row * width + 2 * column
        let (above, below) = (place, place + 2 * width)
        let sum = pixels[above] + pixels[above + 1] + pixels[below] + pixels[below + 1]
        // A little more than a half, so that rounding does not hang on the last bit.
        let level = (sum * 255 / 4 + 0.501).rounded(.down)
        halved.append(Float(level / 255))
      }
    }
    let tensor = Tensor(halved, shape: [count, 1, height, width])
    return try Dataset([Entry(name: "x", tensor: tensor, file: images.file)])
  }
}
