import CEmbedded
import GraphIR

/// 5,000 digits of MNIST that are part of the program; see Resources/mnist-5k/README.md.
public enum EmbeddedMNIST {
  /// 4,000 training and 1,000 test digits: `x` u8 [n, 28, 28], `y` i64 [n].
  public static func load() throws -> (train: Dataset, test: Dataset) {
    let train = try Dataset.labelled(
      images: read(dlc_mnist_train_images, "train-images-idx3-ubyte.gz"),
      labels: read(dlc_mnist_train_labels, "train-labels-idx1-ubyte.gz"))
    let test = try Dataset.labelled(
      images: read(dlc_mnist_test_images, "t10k-images-idx3-ubyte.gz"),
      labels: read(dlc_mnist_test_labels, "t10k-labels-idx1-ubyte.gz"))
    return (train, test)
  }

  private static func read<Index: BinaryInteger>(_ index: Index, _ name: String) throws
    -> (tensor: Tensor, file: String)
  {
    var size = 0
    let start = dlc_embedded_file(Int32(index), &size)
    let bytes = Array(UnsafeBufferPointer(start: start, count: size))
    let file = "built-in mnist-5k/\(name)"
    return (try IDX.parse(bytes, file: file), file)
  }
}
