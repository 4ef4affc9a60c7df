extension Rewrite {
  /// Sums, products and powers. Nothing that only real numbers allow: x * 0 may be NaN, and
  /// (x * a) * b rounds twice. The sign of a zero may change.
  static let arithmetic: [Rewrite] = [
    Rewrite("x + 0 = x", ["add"]) { $0.other(than: 0) },
    Rewrite("x - 0 = x", ["sub"]) { $0.scalar(1) == 0 ? $0.fit($0[0]) : nil },
    Rewrite("0 - x = -x", ["sub"]) { $0.scalar(0) == 0 ? $0.fit(-$0[1]) : nil },
    Rewrite("x * 1 = x", ["mul"]) { $0.other(than: 1) },
    Rewrite("x * -1 = -x", ["mul"]) { site in
      if site.scalar(1) == -1 { return site.fit(-site[0]) }
      return site.scalar(0) == -1 ? site.fit(-site[1]) : nil
    },
    Rewrite("x * 0 = 0, of integers", ["mul"]) { site in
      guard !site.type.dtype.isFloat, site.scalar(0) == 0 || site.scalar(1) == 0 else {
        return nil
      }
      return site.fit(site.builder.constant(0, site.type.dtype))
    },
    Rewrite("x / 1 = x", ["div"]) { $0.scalar(1) == 1 ? $0.fit($0[0]) : nil },
    Rewrite("x / c = x * (1 / c), c a power of two", ["div"]) { site in
      guard site.type.dtype.isFloat, let c = site.scalar(1), c.magnitude.significand == 1,
        c != 1, (-126...126).contains(c.exponent)
      else { return nil }
      return site.fit(site[0] * (1 / c))
    },
    Rewrite("-(-x) = x", ["neg"]) { $0.operand(of: $0[0], "neg") },
    Rewrite("x + (-y) = x - y", ["add"]) { site in
      if let y = site.operand(of: site[1], "neg") { return site[0] - y }
      return site.operand(of: site[0], "neg").map { site[1] - $0 }
    },
    Rewrite("x - (-y) = x + y", ["sub"]) { site in
      site.operand(of: site[1], "neg").map { site[0] + $0 }
    },
    Rewrite("pow(x, 1) = x", ["pow"]) { $0.scalar(1) == 1 ? $0.fit($0[0]) : nil },
    Rewrite("pow(x, 2) = x * x", ["pow"]) { $0.scalar(1) == 2 ? $0.fit($0[0] * $0[0]) : nil },
    Rewrite("pow(x, 1/2) = sqrt(x)", ["pow"]) {
      $0.scalar(1) == 0.5 ? $0.fit($0[0].sqrt()) : nil
    },
  ]

  /// Choices and truth values.
  static let choices: [Rewrite] = [
    Rewrite("where(true, x, y) = x, where(false, x, y) = y", ["where"]) { site in
      site.scalar(0).map { site.fit($0 != 0 ? site[1] : site[2]) }
    },
    Rewrite("where(c, x, x) = x", ["where"]) { site in
      site.node.operands[1] == site.node.operands[2] ? site.fit(site[1]) : nil
    },
    Rewrite("where(not c, x, y) = where(c, y, x)", ["where"]) { site in
      site.operand(of: site[0], "not").map { $0.select(site[2], site[1]) }
    },
    Rewrite("not(not(x)) = x", ["not"]) { $0.operand(of: $0[0], "not") },
    Rewrite("f(x, x) = x", ["max", "min", "and", "or"]) { site in
      site.node.operands[0] == site.node.operands[1] ? site[0] : nil
    },
    Rewrite("f(f(x)) = f(x)", ["relu", "abs", "floor", "ceil", "round", "sign"]) { site in
      site.operand(of: site[0], site.node.op.name) == nil ? nil : site[0]
    },
  ]
}
