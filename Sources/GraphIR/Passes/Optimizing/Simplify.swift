extension Pass {
  /// Applies every rewrite; the reason is that of the place.
  package static func simplify(_ reason: String) -> Pass {
    Pass("simplify", reason) { graph in
      do {
        return try RewriteDriver.run(Rewrite.all, on: graph)
      } catch {
        preconditionFailure("simplify: \(error)")
      }
    }
  }
}
