import CKernels
import Codegen
import Foundation

/// The CPU which the process runs on: its kernels and what the code generator must know of them.
public enum Machine {
  /// An instruction set of the kernels.
  public struct InstructionSet: Hashable, Sendable {
    let number: Int32
    public var name: String { String(cString: dlc_isa_name(number)) }

    /// The one in use: the CPU's best, unless the environment variable DLC_ISA names a lesser one.
    public static var current: InstructionSet { InstructionSet(number: dlc_isa()) }
    /// Every one this CPU can run.
    public static var available: [InstructionSet] {
      (0..<Int32(DLC_ISA_COUNT)).filter { dlc_isa_available($0) != 0 }
        .map(InstructionSet.init)
    }

    /// The register tiles of its product kernels, and the cache they work in.
    public var target: Target {
      func tile(_ bytes: Int32) -> Target.Tile {
        let tile = dlc_gemm_tile(number, bytes)!.pointee
        return Target.Tile(rows: tile.mr, columns: tile.nr)
      }
      let cache = dlc_second_cache()
      return Target(
        name: name, tile32: tile(4), tile64: tile(8), secondCache: cache > 0 ? cache : nil,
        hasMatrixUnit: dlc_has_matrix_unit(number) != 0,
        cores: ProcessInfo.processInfo.activeProcessorCount)
    }

    /// The address of a kernel by name.
    func kernel(_ name: String) -> UnsafeRawPointer? { dlc_kernel(name, number) }
  }
}
