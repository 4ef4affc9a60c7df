import Codegen
import GraphIR
import Runtime

extension Compilation.Options {
  /// Threads that share small steps, too: 2 take every kernel's work from each other, 3 get equal
  /// parts, and of 4 the first does small kernels alone, as in steps that are worth sharing.
  public static func sharingSmall(
    threads: Int, instructionSet: Machine.InstructionSet = .current,
    compiler: Compiler = .tcc, target: Target? = nil
  ) -> Self {
    var options = Self(threads: threads, instructionSet: instructionSet, compiler: compiler)
    options.target = target ?? instructionSet.target
    options.target?.sharing =
      threads == 4
      ? Sharing(step: 0, kernel: 1024, taken: 4096, finish: 64)
      : Sharing(step: 0, kernel: 0, taken: threads == 2 ? 0 : .max, finish: 0)
    return options
  }
}

/// A graph taken through passes and code generator, loaded with variables of its own; threads share
/// it even where it is small.
public struct CompiledRun {
  public let program: Program
  public let state: ModelState
  public let executable: Executable

  public init(
    _ graph: Graph, threads: Int = 1, instructionSet: Machine.InstructionSet = .current,
    compiler: Compiler = .tcc, target: Target? = nil
  ) throws {
    let layout = StateLayout([graph])
    state = try ModelState(layout)
    let options = Compilation.Options.sharingSmall(
      threads: threads, instructionSet: instructionSet, compiler: compiler, target: target)
    var compilation = Compilation(graph, state: layout, options: options, isLoaded: true)
    program = compilation.program
    executable = try compilation.load(state)
  }
}

/// How far a compiled result may be from its reference in double precision.
///
/// Elementwise ops: 4 units in the last place, above a floor: the smallest normal number in f32; in
/// f64, where the reference is no more precise than the kernel, 4 units in the last place of 1.
/// Others add up many terms: relative to the largest element of the result, 2e-6 in f32 and 1e-13
/// in f64. Integers and bools must be equal.
public struct Tolerance {
  private let dtype: DType
  private let isElementwise: Bool

  public init(_ dtype: DType, isElementwise: Bool) {
    self.dtype = dtype
    self.isElementwise = isElementwise
  }

  /// What is wrong, or nil.
  public func check(_ tensor: Tensor, _ reference: [Double]) -> String? {
    let floor = isElementwise ? (dtype == .f64 ? 0x1p-50 : 0x1p-126) : 0
    let comparison = Comparison(tensor, reference, floor: floor)
    let isClose: Bool =
      if !dtype.isFloat {
        comparison.ulps == 0
      } else if isElementwise {
        comparison.ulps <= 4
      } else {
        comparison.relative <= (dtype == .f64 ? 1e-13 : 2e-6) || comparison.ulps <= 4
      }
    return isClose ? nil : comparison.description
  }
}
