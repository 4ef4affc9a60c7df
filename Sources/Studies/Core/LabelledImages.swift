import GraphIR
import Runtime

/// Square grey images of ten classes, to train on and to test with: `x` u8 [n, side, side], bytes
/// that a model's input takes as 0...1, and `y` i64 [n].
struct LabelledImages {
  static let classes = 10

  let train: Dataset
  let test: Dataset
  let side: Int

  /// Those of the folder that `--data` names, or the digits that are built in.
  ///
  /// Errors: `DataError`, and `StudyError` for images that are not square or too small to pool.
  init(_ context: StudyContext) throws {
    let source = context.options.data
    let (train, test) =
      try source.map { try Dataset.load($0) } ?? EmbeddedMNIST.load() as (Dataset, Dataset?)
    guard let test else {
      throw StudyError(
        "\(source ?? "data"): needs test images beside the training images; give a folder of IDX "
          + "files")
    }
    for half in [train, test] {
      let images = try half.array("x")
      guard half.count > 0 else {
        throw StudyError("\(images.file): has no image; give a folder of IDX files that have some")
      }
      let (height, width) = (images.tensor.shape[1], images.tensor.shape[2])
      guard height == width, height >= 4, try height == train.array("x").tensor.shape[1] else {
        throw StudyError(
          "\(images.file): needs square images of 4 pixels or more, of one size in training and "
            + "test, not \(height) x \(width)")
      }
      try half.requireLabels(below: LabelledImages.classes)
    }
    (self.train, self.test) = (train, test)
    side = try train.array("x").tensor.shape[1]
  }

  /// The same, each image's pixels taken from other places; see `Dataset.rearranged`.
  private init(train: Dataset, test: Dataset, side: Int) {
    (self.train, self.test, self.side) = (train, test, side)
  }

  /// The same images with all pixels in another order, one for all.
  func permuted(seed: Int) throws -> LabelledImages {
    let pixels = side * side
    let state = Sampler.State(seed: UInt64(seed))
    var sampler = Sampler(count: pixels, batchSize: pixels, state: state)
    let order = sampler.next().indices
    return LabelledImages(
      train: try train.rearranged(side: side) { _ in order },
      test: try test.rearranged(side: side) { _ in order }, side: side)
  }

  /// Places of the pixels of a canvas in an image that lies on it with its corner at `top`, `left`.
  func onCanvas(side canvas: Int, top: Int, left: Int) -> [Int?] {
    (0..<canvas * canvas).map { place in
      let (y, x) = (place / canvas - top, place % canvas - left)
      guard (0..<side).contains(y), (0..<side).contains(x) else { return nil }
      return y * side + x
    }
  }
}

extension Dataset {
  /// The same samples, pixel p of each image what `places(sample)[p]` was, black where that is nil;
  /// the images are square then, of `side`.
  func rearranged(side: Int, _ places: (_ sample: Int) -> [Int?]) throws -> Dataset {
    let images = try array("x")
    let size = images.tensor.count / count
    let old = images.tensor.bytes
    var new: [UInt8] = []
    new.reserveCapacity(count * side * side)
    for sample in 0..<count {
      let start = sample * size
      for place in places(sample) { new.append(place.map { old[start + $0] } ?? 0) }
    }
    let tensor = Tensor(TensorType(.u8, [count, side, side]), bytes: new)
    return try Dataset([
      Entry(name: "x", tensor: tensor, file: images.file), array("y"),
    ])
  }
}

extension Int {
  /// 20490 as 20,490.
  var withCommas: String {
    var digits = String(self)
    var parts: [String] = []
    while digits.count > 3 {
      parts.insert(String(digits.suffix(3)), at: 0)
      digits.removeLast(3)
    }
    return ([digits] + parts).joined(separator: ",")
  }
}
