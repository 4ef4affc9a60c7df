/// One graph's share of a C file that holds several.
struct ModulePart {
  /// Constants and functions.
  let text: String
  /// Declarations of the pointers that the calls pass.
  let places: [String]
  /// The calls of the functions in order.
  let calls: [KernelCall]
  /// The kernels that the functions call.
  let kernels: [String]
  /// Where inputs, outputs and variables lie; its source is `text`.
  let program: Program
}
