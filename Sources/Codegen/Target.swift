import GraphIR

/// What the code generator must know of the machine: data, so that a plan can be made for another.
public struct Target: Hashable, Sendable {
  /// The register tile of the matrix product kernel: rows of A times columns of a packed panel.
  public struct Tile: Hashable, Sendable {
    public let rows: Int
    public let columns: Int
    public init(rows: Int, columns: Int) {
      self.rows = rows
      self.columns = columns
    }
  }

  /// Name of the instruction set, for the header comment.
  public let name: String
  public let tile32: Tile
  public let tile64: Tile
  /// Bytes of a core's second-level cache, 1 MB where that is not known.
  public let secondCache: Int

  /// Whether f32 products go fastest as sums of bfloat16 ones, on a unit for those
  /// (`dlc_brgemm_bf16x3_f32`).
  public let hasMatrixUnit: Bool
  /// Cores that there should be units of work for.
  public let cores: Int
  /// What threads share.
  public var sharing = Sharing()

  /// The tile of products of this type.
  func tile(_ dtype: DType) -> Tile { dtype == .f64 ? tile64 : tile32 }

  public init(
    name: String, tile32: Tile, tile64: Tile, secondCache: Int? = nil, hasMatrixUnit: Bool = false,
    cores: Int = 1
  ) {
    self.name = name
    self.tile32 = tile32
    self.tile64 = tile64
    self.secondCache = secondCache ?? 1 << 20
    self.hasMatrixUnit = hasMatrixUnit
    self.cores = cores
  }

  /// The plain C kernels' tiles.
  public static let plain = Target(
    name: "plain", tile32: Tile(rows: 4, columns: 8), tile64: Tile(rows: 4, columns: 4))
}
