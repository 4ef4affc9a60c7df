/// One graph's share of a C file that holds several.
struct ModulePart {
  /// Constants and functions.
  let text: String
  /// The functions in the order to be called, each as one thread of one.
  let calls: [String]
  /// The kernels that the functions call.
  let kernels: [String]
  /// Where inputs, outputs and variables lie; its source is `text`.
  let program: Program
}
