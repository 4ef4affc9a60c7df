extension OpTable {
  /// Every type that declares ops. A new op is added here and nowhere else.
  static let families: [any Op.Type] = [
    Input.self, Variable.self, Constant.self, Elementwise.self, Cast.self,
  ]
}
